#include "tests/kql/cell_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace keywatch::kql_tests {

using record::Type;
using record::Value;

namespace {

bool NeedsQuotes(std::string_view text) {
  if (text.empty() || text == "null")
    return true;
  if (text[0] == '[' || text[0] == '{' || text[0] == '#')
    return true;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || c == '"' || c == '\\' || byte == 0x7F)
      return true;
  }
  return false;
}

template <class Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<double> ReadReal(std::string_view text) {
  if (text == "NaN")
    return std::nan("");
  if (text == "Infinity")
    return std::numeric_limits<double>::infinity();
  if (text == "-Infinity")
    return -std::numeric_limits<double>::infinity();
  return ReadNumber<double>(text);
}

std::optional<Value> ReadText(std::string_view text) {
  if (text.empty() || text[0] != '"')
    return Value::String(std::string(text));
  std::optional<record::Dynamic> json = record::ParseJson(text);
  if (!json || json->string() == nullptr)
    return std::nullopt;
  return Value::String(*json->string());
}

std::optional<Value> ReadValue(Type type, std::string_view text) {
  if (text == "null") {
    if (type == Type::kString)
      return std::nullopt;
    return Value::Null(type);
  }
  switch (type) {
    case Type::kBool:
      if (text != "true" && text != "false")
        return std::nullopt;
      return Value::Bool(text == "true");
    case Type::kInt:
    case Type::kLong: {
      std::optional<int64_t> whole = ReadNumber<int64_t>(text);
      return whole ? std::optional(Value::Integral(type, *whole)) : std::nullopt;
    }
    case Type::kReal: {
      std::optional<double> real = ReadReal(text);
      return real ? std::optional(Value::Real(*real)) : std::nullopt;
    }
    case Type::kDatetime:
    case Type::kTimespan: {
      auto ticks =
          type == Type::kDatetime ? record::ParseIsoDatetime(text) : record::ParseTimespan(text);
      return ticks ? std::optional(Value::Integral(type, *ticks)) : std::nullopt;
    }
    case Type::kGuid:
      return Value::Guid(std::string(text));
    case Type::kString:
      return ReadText(text);
    case Type::kDynamic: {
      std::optional<record::Dynamic> json = record::ParseJson(text);
      return json ? std::optional(Value::Of(std::move(*json))) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string CellText(const Value& value) {
  if (value.is_null())
    return "null";
  switch (value.type()) {
    case Type::kBool:
      return value.boolean() ? "true" : "false";
    case Type::kDatetime:
      return record::FormatDatetimeShort(value.integral());
    case Type::kDynamic:
      return record::ToJson(*value.dynamic());
    case Type::kString: {
      if (!NeedsQuotes(value.string()))
        return value.string();
      std::string quoted;
      record::AppendJsonString(value.string(), &quoted);
      return quoted;
    }
    default:
      return record::ToText(value);
  }
}

Result<Value> ReadCell(Type type, std::string_view text) {
  std::optional<Value> value = ReadValue(type, text);
  if (value)
    return *value;
  return InvalidInput("expected a value of type " + std::string(record::TypeName(type)) +
                      ", found: " + std::string(text));
}

std::vector<std::string> SplitCells(std::string_view line) {
  std::vector<std::string> cells;
  size_t at = 0;
  while (true) {
    while (at < line.size() && line[at] == ' ')
      ++at;
    if (at == line.size())
      return cells;
    size_t start = at;
    bool structured = line[at] == '"' || line[at] == '[' || line[at] == '{';
    int depth = 0;
    bool quoted = false;
    for (; at < line.size(); ++at) {
      char c = line[at];
      if (structured && c == '"')
        quoted = !quoted;
      if (quoted) {
        if (c == '\\')
          ++at;
        continue;
      }
      if (structured && (c == '[' || c == '{'))
        ++depth;
      if (structured && (c == ']' || c == '}'))
        --depth;
      if (c == ' ' && depth <= 0)
        break;
    }
    at = std::min(at, line.size());
    cells.emplace_back(line.substr(start, at - start));
  }
}

}  // namespace keywatch::kql_tests
