// simdjson's first stage behind our type: where the structural characters of a JSON text are.
//
// The stage checks the UTF-8 of the whole text, finds every string (so a bracket inside a string is
// none), and lists the positions of { } [ ] : , of opening quotes, and of the first byte of every
// other token. The library picks the widest instruction set of the machine at run time, so one
// binary runs everywhere at full speed. Reads nothing outside the text: no padding, no copy.
//
// Why not On-Demand: it does not check what it skips, it cannot go on after a damaged element, and
// its second half is bound to the compiler's flags. JsonCursor is the second half here, and checks
// every token. This is the only file of the tree that sees simdjson.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace keywatch::decode {

class StructuralIndex {
 public:
  enum class Outcome { kOk, kInvalidUtf8, kOpenString, kControlInString, kNoMemory };

  StructuralIndex();
  ~StructuralIndex();
  StructuralIndex(const StructuralIndex&) = delete;
  StructuralIndex& operator=(const StructuralIndex&) = delete;

  // Indexes `text`, which must be shorter than 4 GiB. What the last call found is gone.
  Outcome Build(std::string_view text);

  // Offsets in ascending order; one entry more than that holds text.size().
  [[nodiscard]] const uint32_t* begin() const { return begin_; }
  [[nodiscard]] const uint32_t* end() const { return end_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  const uint32_t* begin_ = nullptr;
  const uint32_t* end_ = nullptr;
};

}  // namespace keywatch::decode
