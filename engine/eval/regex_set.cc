#include "engine/eval/regex_set.h"

#include <re2/re2.h>
#include <re2/set.h>

namespace keywatch::eval {
namespace {

// The states of the automaton are built as texts need them, up to this many bytes.
constexpr int64_t kAutomatonBytes = int64_t{64} << 20;

re2::RE2::Options SetOptions() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kAutomatonBytes);
  return options;
}

}  // namespace

struct RegexSet::Impl {
  re2::RE2::Set patterns{SetOptions(), re2::RE2::UNANCHORED};
};

RegexSet::RegexSet() : impl_(std::make_unique<Impl>()) {}
RegexSet::~RegexSet() = default;
RegexSet::RegexSet(RegexSet&&) noexcept = default;

bool RegexSet::Add(const std::string& pattern) {
  std::string error;
  return impl_->patterns.Add(pattern, &error) >= 0;
}

bool RegexSet::Compile() { return impl_->patterns.Compile(); }

bool RegexSet::Match(std::string_view text, std::vector<int>* found) const {
  found->clear();
  re2::RE2::Set::ErrorInfo error{};
  bool any = impl_->patterns.Match({text.data(), text.size()}, found, &error);
  return any || error.kind == re2::RE2::Set::kNoError;
}

std::string RegexSet::Quote(std::string_view text) {
  return re2::RE2::QuoteMeta({text.data(), text.size()});
}

}  // namespace keywatch::eval
