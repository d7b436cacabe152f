// Many patterns looked for in one pass over a text (RE2::Set).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keywatch::eval {

// Not thread-safe.
class RegexSet {
 public:
  RegexSet();
  ~RegexSet();
  RegexSet(RegexSet&&) noexcept;

  // Patterns are numbered in the order in which they were added. False if `pattern` is invalid.
  bool Add(const std::string& pattern);
  // After the last Add, before the first Match. False if the patterns are too many for one
  // automaton.
  bool Compile();
  // The numbers of the patterns found in `text`, in any order. False if the automaton has outgrown
  // its memory: then nothing is known.
  bool Match(std::string_view text, std::vector<int>* found) const;

  // A pattern for this very text.
  static std::string Quote(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::eval
