#include "connectors/decode/token_value.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/record/dynamic.h"
#include "engine/record/json_string.h"
#include "engine/record/time.h"

namespace keywatch::decode {
namespace {

using record::Type;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

// Up to 15 digits and nothing else: what nearly all numbers of a record are.
bool ReadDigits(std::string_view text, int64_t* out) {
  if (text.empty() || text.size() > 15 || (text[0] == '0' && text.size() > 1))
    return false;
  int64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9')
      return false;
    value = value * 10 + (c - '0');
  }
  *out = value;
  return true;
}

ValueOutcome ReadReal(std::string_view text, double* out) {
  if (int64_t digits = 0; ReadDigits(text, &digits)) {
    *out = static_cast<double>(digits);
    return ValueOutcome::kValue;
  }
  if (!IsJsonNumber(text))
    return ValueOutcome::kMismatch;
  std::errc error = std::from_chars(text.data(), text.data() + text.size(), *out).ec;
  return error == std::errc() ? ValueOutcome::kValue : ValueOutcome::kOutOfRange;
}

// 200, 200.0 and 2e2 are the same integer; 200.5 is none.
ValueOutcome ReadInteger(std::string_view text, int64_t* out) {
  if (ReadDigits(text, out))
    return ValueOutcome::kValue;
  const char* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, *out);
  if (stop == end && error == std::errc() && IsJsonNumber(text))
    return ValueOutcome::kValue;
  if (stop == end && error == std::errc::result_out_of_range)
    return ValueOutcome::kOutOfRange;
  double real = 0;
  ValueOutcome outcome = ReadReal(text, &real);
  if (outcome != ValueOutcome::kValue)
    return outcome;
  if (real != std::floor(real))
    return ValueOutcome::kMismatch;
  if (real < -9223372036854775808.0 || real >= 9223372036854775808.0)
    return ValueOutcome::kOutOfRange;
  *out = static_cast<int64_t>(real);
  return ValueOutcome::kValue;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size())
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i])
      return false;
  }
  return true;
}

ValueOutcome ReadBool(std::string_view text, int64_t* out) {
  if (EqualsIgnoringCase(text, "true") || EqualsIgnoringCase(text, "false")) {
    *out = text.size() == 4 ? 1 : 0;
    return ValueOutcome::kValue;
  }
  int64_t number = 0;
  if (ReadInteger(text, &number) != ValueOutcome::kValue)
    return ValueOutcome::kMismatch;
  *out = number != 0 ? 1 : 0;
  return ValueOutcome::kValue;
}

ValueOutcome FromOptional(std::optional<record::Ticks> ticks, int64_t* out) {
  if (!ticks)
    return ValueOutcome::kMismatch;
  *out = *ticks;
  return ValueOutcome::kValue;
}

}  // namespace

std::string_view TextOf(const Token& token, std::string* scratch) {
  if (token.kind != TokenKind::kString)
    return token.text();
  if (!token.escaped)
    return token.inside();
  scratch->clear();
  record::UnescapeJson(token.inside(), scratch);
  return *scratch;
}

ValueOutcome ReadNumeric(const Token& token, Type type, std::string* scratch, Cell* out) {
  if (token.kind == TokenKind::kContainer)
    return ValueOutcome::kMismatch;
  std::string_view text = Trim(TextOf(token, scratch));
  if (text.empty())
    return ValueOutcome::kValue;  // "" stands for nothing: null
  ValueOutcome outcome = ValueOutcome::kMismatch;
  bool from_number = token.kind == TokenKind::kNumber || token.kind == TokenKind::kString;
  switch (type) {
    case Type::kReal:
      if (from_number)
        outcome = ReadReal(text, &out->real);
      break;
    case Type::kInt:
    case Type::kLong:
      if (from_number)
        outcome = ReadInteger(text, &out->integer);
      if (outcome == ValueOutcome::kValue && type == Type::kInt &&
          (out->integer < std::numeric_limits<int32_t>::min() ||
           out->integer > std::numeric_limits<int32_t>::max())) {
        outcome = ValueOutcome::kOutOfRange;
      }
      break;
    case Type::kBool:
      outcome = ReadBool(text, &out->integer);
      break;
    case Type::kDatetime:
      if (token.kind == TokenKind::kString) {
        outcome = FromOptional(record::ParseIsoDatetime(text), &out->integer);
      }
      break;
    case Type::kTimespan:
      if (token.kind == TokenKind::kString) {
        outcome = FromOptional(record::ParseTimespan(text), &out->integer);
      }
      break;
    default:
      break;
  }
  out->null = outcome != ValueOutcome::kValue;
  return outcome;
}

std::string_view DynamicOf(const Token& token, std::string* scratch) {
  if (token.kind != TokenKind::kString)
    return token.text();
  std::string_view inside = Trim(TextOf(token, scratch));
  bool container = !inside.empty() && (inside[0] == '{' || inside[0] == '[');
  return container && record::ParseJson(inside) ? inside : token.text();
}

ValueOutcome ReadGuid(std::string_view text, std::string* out) {
  constexpr std::string_view kForm = "00000000-0000-0000-0000-000000000000";
  out->clear();
  if (text.size() == kForm.size() + 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, kForm.size());
  }
  if (text.size() != kForm.size())
    return ValueOutcome::kMismatch;
  std::string lower;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i] >= 'A' && text[i] <= 'F' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (kForm[i] == '-' ? c != '-' : !hex)
      return ValueOutcome::kMismatch;
    lower += c;
  }
  *out = std::move(lower);
  return ValueOutcome::kValue;
}

}  // namespace keywatch::decode
