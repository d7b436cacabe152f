#include "engine/record/dynamic.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "engine/record/json_string.h"

namespace keywatch::record {
namespace {

// Recursive descent over RFC 8259, with the depth counted.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool Document(Dynamic* out) {
    SkipBlanks();
    if (!ReadValue(out, 0))
      return false;
    SkipBlanks();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool Skip(char c) {
    if (Peek() != c || at_ >= text_.size())
      return false;
    ++at_;
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool Literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word)
      return false;
    at_ += word.size();
    return true;
  }

  bool ReadValue(Dynamic* out, int depth) {
    if (depth > kMaxJsonDepth)
      return false;
    switch (Peek()) {
      case '{':
        return ReadObject(out, depth);
      case '[':
        return ReadArray(out, depth);
      case '"': {
        std::string text;
        if (!ReadString(&text))
          return false;
        out->held = std::move(text);
        return true;
      }
      case 't':
        out->held = true;
        return Literal("true");
      case 'f':
        out->held = false;
        return Literal("false");
      case 'n':
        out->held = std::monostate();
        return Literal("null");
      default:
        return ReadNumber(out);
    }
  }

  bool ReadObject(Dynamic* out, int depth) {
    ++at_;
    Dynamic::Object object;
    SkipBlanks();
    if (!Skip('}')) {
      do {
        SkipBlanks();
        std::string name;
        if (Peek() != '"' || !ReadString(&name))
          return false;
        SkipBlanks();
        if (!Skip(':'))
          return false;
        SkipBlanks();
        Dynamic member;
        if (!ReadValue(&member, depth + 1))
          return false;
        object.emplace_back(std::move(name), std::move(member));
        SkipBlanks();
      } while (Skip(','));
      if (!Skip('}'))
        return false;
    }
    out->held = std::move(object);
    return true;
  }

  bool ReadArray(Dynamic* out, int depth) {
    ++at_;
    Dynamic::Array array;
    SkipBlanks();
    if (!Skip(']')) {
      do {
        SkipBlanks();
        if (!ReadValue(&array.emplace_back(), depth + 1))
          return false;
        SkipBlanks();
      } while (Skip(','));
      if (!Skip(']'))
        return false;
    }
    out->held = std::move(array);
    return true;
  }

  bool ReadString(std::string* out) {
    size_t start = ++at_;
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"')
        return UnescapeJson(text_.substr(start, at_++ - start), out);
      if (static_cast<unsigned char>(c) < 0x20)
        return false;
      if (c == '\\')
        ++at_;
    }
    return false;
  }

  bool ReadNumber(Dynamic* out) {
    size_t start = at_;
    Skip('-');
    size_t digits = at_;
    while (Peek() >= '0' && Peek() <= '9')
      ++at_;
    if (at_ == digits || (at_ - digits > 1 && text_[digits] == '0'))
      return false;
    bool integer = true;
    if (Skip('.')) {
      integer = false;
      size_t fraction = at_;
      while (Peek() >= '0' && Peek() <= '9')
        ++at_;
      if (at_ == fraction)
        return false;
    }
    if (Skip('e') || Skip('E')) {
      integer = false;
      if (!Skip('+'))
        Skip('-');
      size_t exponent = at_;
      while (Peek() >= '0' && Peek() <= '9')
        ++at_;
      if (at_ == exponent)
        return false;
    }
    std::string_view number = text_.substr(start, at_ - start);
    int64_t whole = 0;
    if (integer &&
        std::from_chars(number.data(), number.data() + number.size(), whole).ec == std::errc()) {
      out->held = whole;
      return true;
    }
    double real = 0;
    auto error = std::from_chars(number.data(), number.data() + number.size(), real).ec;
    // Out of range: the text is a number, its nearest double is infinity or (almost) zero.
    if (error == std::errc::result_out_of_range) {
      real = std::strtod(std::string(number).c_str(), nullptr);
    } else if (error != std::errc()) {
      return false;
    }
    out->held = real;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

void AppendJson(const Dynamic& value, std::string* out);

struct JsonWriter {
  std::string* out;

  void operator()(std::monostate) const { *out += "null"; }
  void operator()(bool value) const { *out += value ? "true" : "false"; }
  void operator()(int64_t value) const { *out += std::to_string(value); }
  void operator()(double value) const { *out += FormatReal(value); }
  void operator()(const std::string& value) const { AppendJsonString(value, out); }
  void operator()(DynamicTime value) const {
    AppendJsonString(value.is_span ? FormatTimespan(value.ticks) : FormatDatetime(value.ticks),
                     out);
  }
  void operator()(const Dynamic::Array& value) const {
    *out += '[';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0)
        *out += ',';
      AppendJson(value[i], out);
    }
    *out += ']';
  }
  void operator()(const Dynamic::Object& value) const {
    *out += '{';
    for (size_t i = 0; i < value.size(); ++i) {
      if (i > 0)
        *out += ',';
      AppendJsonString(value[i].first, out);
      *out += ':';
      AppendJson(value[i].second, out);
    }
    *out += '}';
  }
};

void AppendJson(const Dynamic& value, std::string* out) { std::visit(JsonWriter{out}, value.held); }

}  // namespace

const Dynamic* Dynamic::Find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr)
    return nullptr;
  for (auto member = members->rbegin(); member != members->rend(); ++member) {
    if (member->first == name)
      return &member->second;
  }
  return nullptr;
}

const Dynamic* Dynamic::At(int64_t index) const {
  const Array* elements = array();
  if (elements == nullptr)
    return nullptr;
  auto size = static_cast<int64_t>(elements->size());
  if (index < 0)
    index += size;
  if (index < 0 || index >= size)
    return nullptr;
  return &(*elements)[static_cast<size_t>(index)];
}

std::optional<Dynamic> ParseJson(std::string_view text) {
  Dynamic out;
  if (!JsonReader(text).Document(&out))
    return std::nullopt;
  return out;
}

std::string ToJson(const Dynamic& value) {
  std::string out;
  AppendJson(value, &out);
  return out;
}

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  size_t plain = 0;  // start of the run that can be copied as it is
  size_t at = 0;
  auto flush = [&] { out->append(text.substr(plain, at - plain)); };
  while (at < text.size()) {
    auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++at;
      continue;
    }
    size_t length = c < 0x80 ? 0 : MultiByteLength(text, at);
    if (length > 0) {
      at += length;
      continue;
    }
    flush();
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      default:
        if (c < 0x20) {
          *out += fmt::format("\\u{:04x}", c);
        } else {
          *out += "\xEF\xBF\xBD";
        }
    }
    plain = ++at;
  }
  flush();
  *out += '"';
}

std::string FormatReal(double value) {
  if (std::isnan(value))
    return "\"NaN\"";
  if (std::isinf(value))
    return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return text;
}

namespace {

void AppendCanonical(const Dynamic& value, std::string* out) {
  if (const double* real = std::get_if<double>(&value.held)) {
    if (std::optional<int64_t> whole = WholeNumber(*real)) {
      *out += std::to_string(*whole);
      return;
    }
    if (!std::isfinite(*real))
      *out += "real ";  // JSON writes these as strings
  } else if (const auto* time = std::get_if<DynamicTime>(&value.held)) {
    *out += time->is_span ? "span " : "time ";
    *out += std::to_string(time->ticks);
    return;
  } else if (const auto* elements = value.array()) {
    *out += '[';
    for (const Dynamic& element : *elements) {
      AppendCanonical(element, out);
      *out += ',';
    }
    *out += ']';
    return;
  } else if (const auto* members = value.object()) {
    std::map<std::string_view, const Dynamic*> sorted;
    for (const auto& [name, member] : *members)
      sorted[name] = &member;
    *out += '{';
    for (const auto& [name, member] : sorted) {
      AppendJsonString(name, out);
      *out += ':';
      AppendCanonical(*member, out);
      *out += ',';
    }
    *out += '}';
    return;
  }
  AppendJson(value, out);
}

}  // namespace

std::optional<int64_t> WholeNumber(double value) {
  if (!(value >= -9223372036854775808.0 && value < 9223372036854775808.0))
    return std::nullopt;
  if (value != std::trunc(value))
    return std::nullopt;
  return static_cast<int64_t>(value);
}

std::string CanonicalText(const Dynamic& value) {
  std::string out;
  AppendCanonical(value, &out);
  return out;
}

bool Equal(const Dynamic& a, const Dynamic& b) { return CanonicalText(a) == CanonicalText(b); }

}  // namespace keywatch::record
