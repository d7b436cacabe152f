// Finds the pieces of a message that is not valid JSON as a whole, so that a damaged record takes
// none of its neighbours with it. Works on bytes: strings are stepped over, brackets are matched by
// kind. Says where a piece ends, not whether it is valid.
#pragma once

#include <cstddef>
#include <string_view>

namespace keywatch::decode {

struct Piece {
  size_t end = 0;         // first byte behind it
  bool balanced = false;  // it ends with the bracket that closes its first one
};

class PieceFinder {
 public:
  explicit PieceFinder(std::string_view text)
      : text_(text), budget_(4 * text.size() + (size_t{1} << 20)) {}

  // The piece that opens with `{` at `begin` and stands among the elements of an array. If its
  // brackets do not match, it ends where the next record seems to begin: at a `{` behind a comma
  // whose first name is the piece's own first name, or `time`, or `TenantId`.
  Piece Element(size_t begin);
  // The piece that opens with `{` at `begin` and stands by itself: one line, or several of a
  // document that is written over lines. If its brackets do not match, it ends with its line.
  Piece Document(size_t begin);

  // Behind the `[` of `{"records":[` when that stands at `begin`, else 0.
  [[nodiscard]] size_t EnvelopeAt(size_t begin) const;
  // From inside an envelope: behind the `[` of a further `"records":[`, or behind the `}` that ends
  // it, or the end of the text.
  struct Rest {
    size_t at = 0;
    bool records = false;
    bool ended = false;  // with its bracket
  };
  [[nodiscard]] Rest EnvelopeRest(size_t begin) const;
  [[nodiscard]] size_t LineEnd(size_t begin) const;
  [[nodiscard]] size_t SkipBlanks(size_t at) const;

 private:
  void Charge(size_t bytes) { budget_ -= bytes < budget_ ? bytes : budget_; }
  Piece Match(size_t begin, size_t limit, bool by_line) const;
  [[nodiscard]] size_t NextRecord(size_t begin) const;
  [[nodiscard]] std::string_view FirstName(size_t brace) const;
  [[nodiscard]] size_t RecordsArray(size_t quote) const;

  std::string_view text_;
  // A hostile message costs linear time: bytes that may be read again after a match in vain, and
  // how often the next record may be hunted for.
  size_t budget_;
  size_t hunts_ = 4096;
};

}  // namespace keywatch::decode
