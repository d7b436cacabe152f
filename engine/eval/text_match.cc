#include "engine/eval/text_match.h"

#include <cstring>

namespace keywatch::eval {
namespace {

char Fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool SameBytes(const char* a, const char* b, size_t size, Case mode) {
  if (mode == Case::kExact)
    return std::memcmp(a, b, size) == 0;
  for (size_t i = 0; i < size; ++i) {
    if (Fold(a[i]) != Fold(b[i]))
      return false;
  }
  return true;
}

// The first occurrence at or after `from`; npos if there is none.
size_t Find(std::string_view text, std::string_view needle, size_t from, Case mode) {
  if (mode == Case::kExact)
    return text.find(needle, from);
  if (needle.empty())
    return from <= text.size() ? from : std::string_view::npos;
  if (text.size() < needle.size())
    return std::string_view::npos;
  char first = Fold(needle[0]);
  for (size_t at = from; at + needle.size() <= text.size(); ++at) {
    if (Fold(text[at]) == first && SameBytes(&text[at], needle.data(), needle.size(), mode)) {
      return at;
    }
  }
  return std::string_view::npos;
}

bool IsTermCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool TextEquals(std::string_view a, std::string_view b, Case mode) {
  return a.size() == b.size() && SameBytes(a.data(), b.data(), a.size(), mode);
}

bool TextContains(std::string_view text, std::string_view needle, Case mode) {
  return Find(text, needle, 0, mode) != std::string_view::npos;
}

bool TextStartsWith(std::string_view text, std::string_view prefix, Case mode) {
  return text.size() >= prefix.size() && TextEquals(text.substr(0, prefix.size()), prefix, mode);
}

bool TextEndsWith(std::string_view text, std::string_view suffix, Case mode) {
  return text.size() >= suffix.size() &&
         TextEquals(text.substr(text.size() - suffix.size()), suffix, mode);
}

bool TextHasTerm(std::string_view text, std::string_view needle, Term term, Case mode) {
  if (needle.empty())
    return true;
  bool left_edge = term != Term::kSuffix && IsTermCharacter(needle.front());
  bool right_edge = term != Term::kPrefix && IsTermCharacter(needle.back());
  for (size_t at = Find(text, needle, 0, mode); at != std::string_view::npos;
       at = Find(text, needle, at + 1, mode)) {
    size_t end = at + needle.size();
    bool left = !left_edge || at == 0 || !IsTermCharacter(text[at - 1]);
    bool right = !right_edge || end == text.size() || !IsTermCharacter(text[end]);
    if (left && right)
      return true;
  }
  return false;
}

std::string FoldCase(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = Fold(c);
  return out;
}

}  // namespace keywatch::eval
