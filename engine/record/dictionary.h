// Distinct strings of one column, numbered from 0. Code 0 is always "".
//
// A code stands for the same text until Clear(), which counts a new generation: whoever remembers
// something per code (a class of the scan) compares generations first. Not thread-safe: a
// dictionary belongs to the thread that decodes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace keywatch::record {

using Code = uint32_t;

class Dictionary {
 public:
  Dictionary();

  Code Intern(std::string_view text);
  // Begins to load what Intern(text) will look at, so that other work can go on meanwhile.
  void Prepare(std::string_view text) const;
  [[nodiscard]] std::string_view At(Code code) const { return texts_[code]; }
  [[nodiscard]] size_t size() const { return texts_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] uint32_t generation() const { return generation_; }

  // Forgets everything. Only between batches: the codes of a batch die with it.
  void Clear();

 private:
  // A text of up to 16 bytes is its own key, so that looking it up touches nothing but its slot.
  struct Slot {
    uint64_t low = 0;  // the text; of a longer one its hash
    uint64_t high = 0;
    uint32_t size = 0;       // of the text, cut to 32 bits
    Code code_plus_one = 0;  // 0: free
  };
  [[nodiscard]] size_t Place(const Slot& key) const;
  [[nodiscard]] Slot KeyOf(std::string_view text) const;
  Code Add(std::string_view text, const Slot& key, size_t slot);
  void Grow();

  std::vector<Slot> slots_;
  std::vector<std::string_view> texts_;
  std::deque<std::string> owned_;
  size_t bytes_ = 0;
  uint32_t generation_ = 0;
  uint64_t seed_;  // random per process: callers choose many of these strings
};

}  // namespace keywatch::record
