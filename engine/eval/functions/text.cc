// Functions that make or measure text.
#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/eval/kernel.h"
#include "engine/eval/regex.h"
#include "engine/eval/text_match.h"
#include "engine/record/json_string.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

// The longest text that a function makes, as in Kusto; what is longer is cut, so that nested
// replacing cannot grow without bound.
constexpr size_t kMaxText = size_t{1} << 20;

void PushBounded(std::string text, Vector* out) {
  if (text.size() > kMaxText) {
    size_t end = kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      --end;
    text.resize(end);
  }
  out->PushText(std::move(text));
}

struct PreparedRegex : Prepared {
  explicit PreparedRegex(std::string_view pattern) : regex(pattern) {}
  Regex regex;
};

// The pattern of argument N compiled once, when it is constant.
template <size_t N>
std::shared_ptr<const Prepared> PrepareRegex(const plan::Expr& call) {
  const plan::ExprPtr& pattern = call.args[N];
  if (!plan::IsLiteral(pattern) || pattern->type != Type::kString)
    return nullptr;
  return std::make_shared<PreparedRegex>(pattern->literal.string());
}

// Calls `use(regex)` with the prepared pattern or with one compiled for this row.
template <class Use>
void WithRegex(const Call& call, size_t argument, size_t row, const Use& use) {
  if (call.prepared != nullptr) {
    use(static_cast<const PreparedRegex*>(call.prepared)->regex);
    return;
  }
  std::string scratch;
  use(Regex(TextOf(call.args[argument], row, &scratch)));
}

void ExtractFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    WithRegex(call, 0, i, [&](const Regex& regex) {
      int group = call.args[1].IsNull(i) ? -1 : static_cast<int>(call.args[1].Int(i));
      auto found = regex.Extract(TextOf(call.args[2], i, &scratch), group);
      out->PushText(found.value_or(""));
    });
  }
}

void ReplaceRegexFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    WithRegex(call, 1, i, [&](const Regex& regex) {
      PushBounded(regex.Replace(TextOf(call.args[0], i, &scratch), call.args[2].Text(i)), out);
    });
  }
}

void TrimFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    WithRegex(call, 0, i, [&](const Regex& regex) {
      out->PushText(std::string(regex.Trim(TextOf(call.args[1], i, &scratch))));
    });
  }
}

void ReplaceStringFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    std::string_view from = call.args[1].Text(i);
    std::string replaced;
    size_t at = 0;
    while (!from.empty()) {
      size_t found = text.find(from, at);
      if (found == std::string_view::npos)
        break;
      replaced.append(text.substr(at, found - at)).append(call.args[2].Text(i));
      at = found + from.size();
    }
    PushBounded(std::move(replaced.append(text.substr(at))), out);
  }
}

void LowerFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    out->PushText(FoldCase(TextOf(call.args[0], i, &scratch)));
  }
}

void UpperFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string text(TextOf(call.args[0], i, &scratch));
    for (char& c : text) {
      if (c >= 'a' && c <= 'z')
        c = static_cast<char>(c - ('a' - 'A'));
    }
    out->PushText(std::move(text));
  }
}

void StrcatFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string text;
    for (size_t a = 0; a < call.args.size(); ++a)
      text.append(TextOf(call.args[a], i, &scratch));
    PushBounded(std::move(text), out);
  }
}

int64_t CodePoints(std::string_view text) { return static_cast<int64_t>(CountCodePoints(text)); }

// Byte offset of code point `index`, the text's size when there are fewer.
size_t OffsetOf(std::string_view text, int64_t index) {
  size_t at = 0;
  while (at < text.size() && index > 0) {
    ++at;
    while (at < text.size() && !StartsCodePoint(text[at]))
      ++at;
    --index;
  }
  return at;
}

void StrlenFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    if (call.args[0].IsNull(i)) {
      out->PushNull();
    } else {
      out->PushInt(CodePoints(TextOf(call.args[0], i, &scratch)));
    }
  }
}

// 0-based; a negative start counts from the end.
void SubstringFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    int64_t start = call.args[1].IsNull(i) ? 0 : call.args[1].Int(i);
    if (start < 0)
      start = std::max<int64_t>(0, CodePoints(text) + start);
    std::string_view rest = text.substr(OffsetOf(text, start));
    if (call.args.size() == 3 && !call.args[2].IsNull(i)) {
      rest = rest.substr(0, OffsetOf(rest, std::max<int64_t>(0, call.args[2].Int(i))));
    }
    out->PushText(std::string(rest));
  }
}

void IndexOfFn(const Call& call, Vector* out) {
  std::string scratch;
  std::string other;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    size_t found = text.find(TextOf(call.args[1], i, &other));
    out->PushInt(found == std::string_view::npos ? -1 : CodePoints(text.substr(0, found)));
  }
}

void CountOfFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    std::string_view needle = call.args[1].Text(i);
    int64_t count = 0;
    for (size_t at = 0; !needle.empty() && (at = text.find(needle, at)) != std::string_view::npos;
         ++at) {
      ++count;
    }
    out->PushInt(count);
  }
}

// All parts, or with an index an array of that one part; an index outside gives null.
void SplitFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    std::string_view delimiter = call.args[1].Text(i);
    record::Dynamic::Array parts;
    size_t at = 0;
    while (true) {
      size_t found = delimiter.empty() ? std::string_view::npos : text.find(delimiter, at);
      parts.emplace_back().held =
          std::string(text.substr(at, found == std::string_view::npos ? found : found - at));
      if (found == std::string_view::npos)
        break;
      at = found + delimiter.size();
    }
    record::Dynamic result;
    if (call.args.size() == 3) {
      int64_t index = call.args[2].IsNull(i) ? -1 : call.args[2].Int(i);
      if (index < 0 || index >= static_cast<int64_t>(parts.size())) {
        out->PushNull();
        continue;
      }
      result.held = record::Dynamic::Array{std::move(parts[static_cast<size_t>(index)])};
    } else {
      result.held = std::move(parts);
    }
    out->PushDynamic(std::make_shared<const record::Dynamic>(std::move(result)));
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A `%` that no two hexadecimal digits follow stays as it is.
std::string DecodePercent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// Decoded bytes need not be UTF-8; a text is.
std::string ReplaceInvalid(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    bool ascii = static_cast<unsigned char>(text[i]) < 0x80;
    size_t length = ascii ? 1 : record::MultiByteLength(text, i);
    out += length == 0 ? "\uFFFD" : text.substr(i, length);
    i += std::max<size_t>(length, 1);
  }
  return out;
}

void UrlDecodeFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &scratch);
    if (text.find('%') == std::string_view::npos) {
      out->PushText(std::string(text));
    } else {
      out->PushText(ReplaceInvalid(DecodePercent(text)));
    }
  }
}

}  // namespace

std::string_view TextOf(const Vector& vector, size_t row, std::string* scratch) {
  if (vector.IsNull(row))
    return "";
  if (vector.type() == Type::kString || vector.type() == Type::kGuid)
    return vector.Text(row);
  if (vector.type() == Type::kDynamic) {
    if (const std::string* text = vector.Dynamic(row)->string())
      return *text;
  }
  *scratch = record::ToText(vector.ValueAt(row));
  return *scratch;
}

const std::vector<Kernel>& TextKernels() {
  static const std::vector<Kernel> kernels = {
      {"extract", ExtractFn, PrepareRegex<0>},
      {"replace_regex", ReplaceRegexFn, PrepareRegex<1>},
      {"trim", TrimFn, PrepareRegex<0>},
      {"replace_string", ReplaceStringFn},
      {"tolower", LowerFn},
      {"toupper", UpperFn},
      {"strcat", StrcatFn},
      {"strlen", StrlenFn},
      {"substring", SubstringFn},
      {"indexof", IndexOfFn},
      {"countof", CountOfFn},
      {"split", SplitFn},
      {"url_decode", UrlDecodeFn},
  };
  return kernels;
}

}  // namespace keywatch::eval
