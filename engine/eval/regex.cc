#include "engine/eval/regex.h"

#include <utility>
#include <vector>

#include <re2/re2.h>

namespace keywatch::eval {
namespace {

re2::RE2::Options Options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{8} << 20);  // a pattern may not take more
  return options;
}

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct Regex::Impl {
  explicit Impl(std::string_view pattern)
      : plain(Piece(pattern), Options()),
        at_start("^(?:" + std::string(pattern) + ")", Options()),
        at_end("(?:" + std::string(pattern) + ")$", Options()) {}

  re2::RE2 plain;
  re2::RE2 at_start;
  re2::RE2 at_end;
};

Regex::Regex(std::string_view pattern) : impl_(std::make_unique<Impl>(pattern)) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

bool Regex::ok() const { return impl_->plain.ok(); }
const std::string& Regex::error() const { return impl_->plain.error(); }

bool Regex::Matches(std::string_view text) const {
  return ok() && re2::RE2::PartialMatch(Piece(text), impl_->plain);
}

std::optional<std::string> Regex::Extract(std::string_view text, int group) const {
  int groups = impl_->plain.NumberOfCapturingGroups();
  if (!ok() || group < 0 || group > groups)
    return std::nullopt;
  std::vector<re2::StringPiece> found(static_cast<size_t>(group) + 1);
  if (!impl_->plain.Match(
          Piece(text), 0, text.size(), re2::RE2::UNANCHORED, found.data(), group + 1)) {
    return std::nullopt;
  }
  const re2::StringPiece& piece = found[static_cast<size_t>(group)];
  return std::string(piece.data() == nullptr ? "" : piece.data(), piece.size());
}

std::string Regex::Replace(std::string_view text, std::string_view rewrite) const {
  std::string out(text);
  if (ok())
    re2::RE2::GlobalReplace(&out, impl_->plain, Piece(rewrite));
  return out;
}

std::string_view Regex::Trim(std::string_view text) const {
  if (!ok())
    return text;
  re2::StringPiece found;
  if (impl_->at_start.Match(Piece(text), 0, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
    text.remove_prefix(found.size());
  }
  if (impl_->at_end.Match(Piece(text), 0, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
    text.remove_suffix(found.size());
  }
  return text;
}

}  // namespace keywatch::eval
