#include "app/sweep/sweep_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "engine/record/time.h"
#include "engine/rule/duration.h"

namespace keywatch::app {
namespace {

using rule::ParameterKind;

constexpr const char* kForms =
    "write a range, such as 5..50 or 5..50:5 or 10m..2h:10m, or a list, such as 5,10,20";

Status Wrong(const std::string& what) { return InvalidInput(fmt::format("--param: {}", what)); }

template <class T>
std::optional<T> Number(std::string_view text) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

// A value of the parameter's kind. All numbers are counted as reals; `whole` says that none has a
// fraction or an exponent, and then they are written without.
struct Value {
  double number = 0;
  bool whole = true;
  record::Ticks ticks = 0;
  bool flag = false;
};

std::optional<Value> Read(std::string_view text, ParameterKind kind) {
  Value out;
  if (kind == ParameterKind::kBool) {
    out.flag = text == "true";
    return out.flag || text == "false" ? std::optional(out) : std::nullopt;
  }
  if (kind == ParameterKind::kTimespan) {
    std::optional<record::Ticks> ticks =
        text.find(':') == std::string_view::npos ? rule::ParseDuration(text) : std::nullopt;
    out.ticks = ticks.value_or(0);
    return ticks ? std::optional(out) : std::nullopt;
  }
  constexpr double kExact = 1e15;  // whole numbers up to here have no error
  std::optional<double> number = Number<double>(text);
  if (!number || !std::isfinite(*number) || std::abs(*number) > kExact)
    return std::nullopt;
  out.number = *number;
  out.whole = Number<int64_t>(text).has_value();
  return out;
}

std::string Write(const Value& value, ParameterKind kind, bool whole) {
  if (kind == ParameterKind::kBool)
    return value.flag ? "true" : "false";
  if (kind == ParameterKind::kTimespan)
    return rule::FormatDuration(value.ticks);
  if (whole)
    return fmt::format("{}", static_cast<int64_t>(std::llround(value.number)));
  std::string text = fmt::format("{:.12g}", value.number);
  // "2" would be a long, and divide as one.
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

const char* Expected(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kBool:
      return "true or false";
    case ParameterKind::kTimespan:
      return "a timespan, such as 10m";
    default:
      return "a number";
  }
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator)) {
    out.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  out.push_back(text);
  return out;
}

Status ReadAll(const std::vector<std::string_view>& texts,
               ParameterKind kind,
               std::vector<Value>* out) {
  for (std::string_view text : texts) {
    std::optional<Value> value = Read(text, kind);
    if (!value)
      return Wrong(fmt::format("expected {}, found {}; {}", Expected(kind), text, kForms));
    out->push_back(*value);
  }
  return {};
}

Status TooMany(double count) {
  return Wrong(
      fmt::format("{:.0f} values, at most {}: give a longer step", count, kMostSweepValues));
}

// Low, high and perhaps a step -> all values between.
Status Fill(const std::vector<Value>& ends, ParameterKind kind, std::vector<Value>* out) {
  const bool is_time = kind == ParameterKind::kTimespan;
  auto amount = [&](const Value& value) {
    return is_time ? static_cast<double>(value.ticks) : value.number;
  };
  const double low = amount(ends[0]);
  const double high = amount(ends[1]);
  const double step = ends.size() > 2 ? amount(ends[2]) : 1;
  if (high < low)
    return Wrong("a range goes from the lower value to the higher");
  if (!(step > 0))
    return Wrong("the step of a range must be more than 0");
  // A step of 0.1 is not met exactly: its tenth part of a thousandth is forgiven.
  const double steps = std::floor((high - low) / step + 1e-9);
  if (steps + 1 > static_cast<double>(kMostSweepValues))
    return TooMany(steps + 1);
  for (int64_t i = 0; i <= static_cast<int64_t>(steps); ++i) {
    Value value;
    value.number = low + static_cast<double>(i) * step;
    value.ticks = is_time ? ends[0].ticks + i * ends[2].ticks : 0;
    out->push_back(value);
  }
  return {};
}

Status ReadRange(std::string_view text,
                 ParameterKind kind,
                 std::vector<Value>* ends,
                 std::vector<Value>* out) {
  if (kind == ParameterKind::kBool)
    return Wrong("expected a list of true and false, found a range");
  const size_t dots = text.find("..");
  std::vector<std::string_view> parts = Split(text.substr(dots + 2), ':');
  parts.insert(parts.begin(), text.substr(0, dots));
  if (parts.size() > 3)
    return Wrong(fmt::format("expected one step behind a range, found {}; {}", text, kForms));
  KEYWATCH_RETURN_IF_ERROR(ReadAll(parts, kind, ends));
  const bool whole =
      std::all_of(ends->begin(), ends->end(), [](const Value& v) { return v.whole; });
  if (parts.size() == 2 && (kind == ParameterKind::kTimespan || !whole)) {
    return Wrong(fmt::format(
        "{} needs a step behind it, such as {}:{}", text, text, whole ? parts[0] : "0.5"));
  }
  return Fill(*ends, kind, out);
}

}  // namespace

Result<SweepRequest> ParseSweepRequest(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    return Wrong(fmt::format("expected NAME=VALUES, such as threshold=5..50, found {}", text));
  }
  return SweepRequest{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

Result<std::vector<std::string>> SweepValues(const std::string& values, ParameterKind kind) {
  if (kind != ParameterKind::kNumber && kind != ParameterKind::kTimespan &&
      kind != ParameterKind::kBool) {
    return Wrong("expected a parameter that is a number, a timespan or a bool");
  }
  std::vector<Value> written;  // those that stand in the text
  std::vector<Value> all;
  if (values.find("..") != std::string::npos) {
    KEYWATCH_RETURN_IF_ERROR(ReadRange(values, kind, &written, &all));
  } else {
    KEYWATCH_RETURN_IF_ERROR(ReadAll(Split(values, ','), kind, &written));
    all = written;
  }
  if (all.size() > kMostSweepValues)
    return TooMany(static_cast<double>(all.size()));
  const bool whole =
      std::all_of(written.begin(), written.end(), [](const Value& v) { return v.whole; });
  std::vector<std::string> out;
  for (const Value& value : all) {
    std::string text = Write(value, kind, whole);
    if (std::find(out.begin(), out.end(), text) == out.end())
      out.push_back(std::move(text));
  }
  return out;
}

}  // namespace keywatch::app
