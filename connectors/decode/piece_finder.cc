#include "connectors/decode/piece_finder.h"

#include <algorithm>
#include <string>

namespace keywatch::decode {
namespace {

constexpr size_t kDeepest = 256;
constexpr size_t kVainHunts = 4;

bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool IsRecords(std::string_view name) {
  constexpr std::string_view kLower = "records";
  return std::equal(name.begin(), name.end(), kLower.begin(), kLower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

// What closes the bracket `c`.
char Closing(char c) { return c == '{' ? '}' : ']'; }

}  // namespace

size_t PieceFinder::LineEnd(size_t begin) const {
  size_t end = text_.find('\n', begin);
  return end == std::string_view::npos ? text_.size() : end;
}

size_t PieceFinder::SkipBlanks(size_t at) const {
  while (at < text_.size() && IsBlank(text_[at]))
    ++at;
  return at;
}

std::string_view PieceFinder::FirstName(size_t brace) const {
  size_t quote = SkipBlanks(brace + 1);
  if (quote >= text_.size() || text_[quote] != '"')
    return {};
  size_t end = text_.find_first_of("\"\\\n", quote + 1);
  if (end == std::string_view::npos || text_[end] != '"')
    return {};
  return text_.substr(quote + 1, end - quote - 1);
}

// Behind the `[` if `"records":[` opens with the quote at `quote`, else 0.
size_t PieceFinder::RecordsArray(size_t quote) const {
  constexpr size_t kName = 7;
  if (quote + kName + 1 >= text_.size() || text_[quote] != '"')
    return 0;
  if (!IsRecords(text_.substr(quote + 1, kName)) || text_[quote + kName + 1] != '"')
    return 0;
  size_t at = SkipBlanks(quote + kName + 2);
  if (at >= text_.size() || text_[at] != ':')
    return 0;
  at = SkipBlanks(at + 1);
  return at < text_.size() && text_[at] == '[' ? at + 1 : 0;
}

size_t PieceFinder::EnvelopeAt(size_t begin) const {
  return text_[begin] == '{' ? RecordsArray(SkipBlanks(begin + 1)) : 0;
}

PieceFinder::Rest PieceFinder::EnvelopeRest(size_t begin) const {
  size_t open = 0;
  char last = '\0';
  for (size_t at = begin; at < text_.size(); ++at) {
    char c = text_[at];
    if (IsBlank(c))
      continue;
    // A `{` that is no member's value opens the next document: this envelope was never closed.
    if (c == '{' && open == 0 && last != ':')
      return {at, false, false};
    last = c;
    if (c == '"') {
      if (open == 0) {
        if (size_t array = RecordsArray(at); array != 0)
          return {array, true, false};
      }
      for (++at; at < text_.size() && text_[at] != '"'; ++at) {
        if (text_[at] == '\\')
          ++at;
      }
    } else if (c == '{' || c == '[') {
      ++open;
    } else if (c == '}' || c == ']') {
      if (open == 0)
        return {at + 1, false, true};
      --open;
    }
  }
  return {text_.size(), false, false};
}

// Steps over one bracketed value. `by_line`: a line end inside a string ends the search, and so
// does a `{` that opens a line where no value can stand: both are the mark of a line that was cut.
Piece PieceFinder::Match(size_t begin, size_t limit, bool by_line) const {
  std::string closings;
  char last = '\0';  // the last byte that is not blank
  for (size_t at = begin; at < limit; ++at) {
    char c = text_[at];
    if (IsBlank(c))
      continue;
    if (c == '"') {
      for (++at; at < limit && text_[at] != '"'; ++at) {
        if (text_[at] == '\\')
          ++at;
        if (by_line && at < limit && text_[at] == '\n')
          return {at, false};
      }
    } else if (c == '{' || c == '[') {
      bool opens_line = at > begin && text_[at - 1] == '\n';
      bool may_stand = last == ':' || last == '[' || (last == ',' && closings.back() == ']');
      if (by_line && opens_line && !may_stand)
        return {at, false};
      if (closings.size() >= kDeepest)
        return {at, false};
      closings += Closing(c);
    } else if (c == '}' || c == ']') {
      if (closings.back() != c)
        return {at, false};
      closings.pop_back();
      if (closings.empty())
        return {at + 1, true};
    }
    last = c;
  }
  return {limit, false};
}

size_t PieceFinder::NextRecord(size_t begin) const {
  std::string_view own = FirstName(begin);
  for (size_t at = text_.find('{', begin + 1); at != std::string_view::npos;
       at = text_.find('{', at + 1)) {
    std::string_view name = FirstName(at);
    if (name.empty() || (name != own && name != "time" && name != "TenantId"))
      continue;
    size_t before = at;
    while (before > begin && IsBlank(text_[before - 1]))
      --before;
    if (text_[before - 1] == ',')
      return at;
  }
  return text_.size();
}

Piece PieceFinder::Element(size_t begin) {
  auto stands_well = [&](const Piece& piece) {
    size_t behind = SkipBlanks(piece.end);
    return piece.balanced &&
           (behind >= text_.size() || text_[behind] == ',' || text_[behind] == ']');
  };
  bool thorough = budget_ > 0;
  if (thorough) {
    Piece piece = Match(begin, text_.size(), false);
    if (stands_well(piece))
      return piece;
    Charge(piece.end - begin);
  }
  if (hunts_ == 0)
    return {text_.size(), false};
  --hunts_;
  size_t next = NextRecord(begin);
  if (!thorough) {
    Piece piece = Match(begin, next, false);
    if (stands_well(piece))
      return piece;
  }
  if (next == text_.size())
    hunts_ = std::min<size_t>(hunts_, kVainHunts);
  while (next > begin && next < text_.size() &&
         (IsBlank(text_[next - 1]) || text_[next - 1] == ',')) {
    --next;
  }
  return {next, false};
}

Piece PieceFinder::Document(size_t begin) {
  size_t line = LineEnd(begin);
  Piece piece = Match(begin, line, true);
  if (piece.balanced)
    return piece;
  if (budget_ > 0) {
    piece = Match(begin, text_.size(), true);
    if (piece.balanced)
      return piece;
    Charge(piece.end - begin);
  }
  return {line, false};
}

}  // namespace keywatch::decode
