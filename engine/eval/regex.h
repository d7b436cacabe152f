// Regular expressions behind our type (RE2: linear time whatever the pattern; the dialect is the
// one that Kusto documented for years, and every pattern of Microsoft's published rules compiles in
// it).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace keywatch::eval {

class Regex {
 public:
  // Never fails: an invalid pattern is an object whose ok() is false and that matches nothing.
  explicit Regex(std::string_view pattern);
  ~Regex();
  Regex(Regex&&) noexcept;

  [[nodiscard]] bool ok() const;
  [[nodiscard]] const std::string& error() const;

  // Unanchored, case-sensitive.
  [[nodiscard]] bool Matches(std::string_view text) const;
  // Capture group `group` of the first match (0: the whole match); null if there is no match.
  [[nodiscard]] std::optional<std::string> Extract(std::string_view text, int group) const;
  // Every match replaced; \0 to \9 in `rewrite` stand for groups.
  [[nodiscard]] std::string Replace(std::string_view text, std::string_view rewrite) const;
  // The text without a match at its very start and one at its very end.
  [[nodiscard]] std::string_view Trim(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::eval
