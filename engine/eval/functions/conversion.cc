// tostring, toint, tolong, toreal, tobool, todatetime, totimespan. What cannot be converted is
// null.
#include <charconv>
#include <cmath>

#include "engine/eval/kernel.h"
#include "engine/eval/text_match.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

std::optional<double> RealFromText(std::string_view text) {
  text = Trimmed(text);
  if (!text.empty() && text.front() == '+')
    text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

std::optional<int64_t> LongFromText(std::string_view text) {
  text = Trimmed(text);
  if (!text.empty() && text.front() == '+')
    text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    base = 16;
  }
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

Value Whole(Type type, int64_t value) {
  if (type == Type::kInt && value != static_cast<int32_t>(value))
    return Value::Null(type);
  return Value::Integral(type, value);
}

Value ToWhole(Type type, const Value& value) {
  switch (value.type()) {
    case Type::kBool:
    case Type::kInt:
    case Type::kLong:
    case Type::kDatetime:
    case Type::kTimespan:
      return Whole(type, value.integral());
    case Type::kReal:
      if (!(std::fabs(value.real()) < 9.2e18))
        return Value::Null(type);
      return Whole(type, static_cast<int64_t>(value.real()));
    case Type::kString: {
      std::optional<int64_t> whole = LongFromText(value.string());
      return whole ? Whole(type, *whole) : Value::Null(type);
    }
    default:
      return Value::Null(type);
  }
}

Value ToReal(const Value& value) {
  switch (value.type()) {
    case Type::kBool:
    case Type::kInt:
    case Type::kLong:
    case Type::kReal:
      return Value::Real(value.number());
    case Type::kDatetime:
    case Type::kTimespan:
      return Value::Real(static_cast<double>(value.integral()));
    case Type::kString: {
      std::optional<double> real = RealFromText(value.string());
      return real ? Value::Real(*real) : Value::Null(Type::kReal);
    }
    default:
      return Value::Null(Type::kReal);
  }
}

Value ToBool(const Value& value) {
  switch (value.type()) {
    case Type::kBool:
      return value;
    case Type::kInt:
    case Type::kLong:
      return Value::Bool(value.integral() != 0);
    case Type::kReal:
      return Value::Bool(value.real() != 0);
    case Type::kString: {
      std::string text = FoldCase(Trimmed(value.string()));
      if (text == "true")
        return Value::Bool(true);
      if (text == "false")
        return Value::Bool(false);
      std::optional<int64_t> whole = LongFromText(text);
      return whole ? Value::Bool(*whole != 0) : Value::Null(Type::kBool);
    }
    default:
      return Value::Null(Type::kBool);
  }
}

Value ToTime(Type type, const Value& value) {
  if (value.type() == type)
    return value;
  if (value.type() == Type::kString) {
    auto ticks = type == Type::kDatetime ? record::ParseDatetime(value.string())
                                         : record::ParseTimespan(value.string());
    return ticks ? Value::Integral(type, *ticks) : Value::Null(type);
  }
  if (record::IsNumeric(value.type())) {
    Value whole = ToWhole(Type::kLong, value);
    if (whole.is_null())
      return Value::Null(type);
    bool outside = type == Type::kDatetime &&
                   (whole.integral() < 0 || whole.integral() > record::kMaxDatetime);
    return outside ? Value::Null(type) : Value::Integral(type, whole.integral());
  }
  return Value::Null(type);
}

// Lower-case hexadecimal 8-4-4-4-12; null if the text is not a guid.
Value ToGuid(const Value& value) {
  if (value.type() == Type::kGuid)
    return Value::Guid(FoldCase(value.string()));
  if (value.type() != Type::kString)
    return Value::Null(Type::kGuid);
  std::string text = FoldCase(value.string());
  if (text.size() != 36)
    return Value::Null(Type::kGuid);
  for (size_t i = 0; i < text.size(); ++i) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex)
      return Value::Null(Type::kGuid);
  }
  return Value::Guid(text);
}

// What a dynamic holds, as a value of its own type; an array or bag stays dynamic.
Value Unpack(const Value& value) {
  const record::Dynamic& dynamic = *value.dynamic();
  if (const auto* flag = std::get_if<bool>(&dynamic.held))
    return Value::Bool(*flag);
  if (const auto* whole = std::get_if<int64_t>(&dynamic.held))
    return Value::Long(*whole);
  if (const auto* real = std::get_if<double>(&dynamic.held))
    return Value::Real(*real);
  if (const auto* text = dynamic.string())
    return Value::String(*text);
  if (const auto* time = std::get_if<record::DynamicTime>(&dynamic.held)) {
    return Value::Integral(time->is_span ? Type::kTimespan : Type::kDatetime, time->ticks);
  }
  return value;
}

void ConvertFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    if (call.args[0].type() == out->type()) {
      out->PushFrom(call.args[0], i);
    } else {
      out->PushValue(ConvertTo(out->type(), call.args[0].ValueAt(i)));
    }
  }
}

}  // namespace

Value ConvertTo(Type type, const Value& value) {
  if (value.is_null())
    return Value::Null(type);
  if (type == Type::kString)
    return Value::String(record::ToText(value));
  if (type == Type::kDynamic)
    return Value::Of(record::ToDynamic(value));
  Value plain = value.type() == Type::kDynamic ? Unpack(value) : value;
  switch (type) {
    case Type::kInt:
    case Type::kLong:
      return ToWhole(type, plain);
    case Type::kReal:
      return ToReal(plain);
    case Type::kBool:
      return ToBool(plain);
    case Type::kDatetime:
    case Type::kTimespan:
      return ToTime(type, plain);
    case Type::kGuid:
      return ToGuid(plain);
    default:
      return Value::Null(type);
  }
}

const std::vector<Kernel>& ConversionKernels() {
  static const std::vector<Kernel> kernels = {
      {"tostring", ConvertFn},
      {"toint", ConvertFn},
      {"tolong", ConvertFn},
      {"toreal", ConvertFn},
      {"tobool", ConvertFn},
      {"todatetime", ConvertFn},
      {"totimespan", ConvertFn},
  };
  return kernels;
}

}  // namespace keywatch::eval
