#include "engine/pipeline/text_scan.h"

#include <algorithm>
#include <map>

#include <re2/re2.h>
#include <re2/set.h>

namespace keywatch::pipeline {
namespace {

// The states of the combined automaton are built as texts need them, up to this many bytes.
constexpr int64_t kAutomatonBytes = int64_t{64} << 20;

re2::RE2::Options SetOptions() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kAutomatonBytes);
  return options;
}

struct Shape {
  bool fold;
  const char* before;
  const char* after;
};

}  // namespace

std::optional<std::string> NeedlePattern(const plan::ExprPtr& conjunct) {
  static const std::map<std::string_view, Shape> kShapes = {
      {"contains", {true, "", ""}},
      {"contains_cs", {false, "", ""}},
      {"has", {true, "", ""}},
      {"has_cs", {false, "", ""}},
      {"hasprefix", {true, "", ""}},
      {"hasprefix_cs", {false, "", ""}},
      {"hassuffix", {true, "", ""}},
      {"hassuffix_cs", {false, "", ""}},
      {"startswith", {true, "\\A", ""}},
      {"startswith_cs", {false, "\\A", ""}},
      {"endswith", {true, "", "\\z"}},
      {"endswith_cs", {false, "", "\\z"}},
      {"=~", {true, "\\A", "\\z"}},
      {"==", {false, "\\A", "\\z"}},
  };
  if (conjunct->kind != plan::ExprKind::kCall || conjunct->args.size() != 2 ||
      conjunct->args[0]->kind != plan::ExprKind::kColumn || !plan::IsLiteral(conjunct->args[1]) ||
      conjunct->args[0]->type != record::Type::kString ||
      conjunct->args[1]->type != record::Type::kString) {
    return std::nullopt;
  }
  const std::string& text = conjunct->args[1]->literal.string();
  if (conjunct->function == "matches regex")
    return text;
  auto shape = kShapes.find(conjunct->function);
  if (shape == kShapes.end())
    return std::nullopt;
  // (?i) folds more than KQL does (all of Unicode): more texts match, none less.
  return std::string(shape->second.fold ? "(?i)" : "") + shape->second.before +
         re2::RE2::QuoteMeta(text) + shape->second.after;
}

struct TextScan::Set {
  re2::RE2::Set patterns{SetOptions(), re2::RE2::UNANCHORED};
};

TextScan::TextScan(size_t column, size_t words)
    : column_(column), set_(std::make_unique<Set>()), mine_(words), allowed_(words) {}
TextScan::TextScan(TextScan&&) noexcept = default;
TextScan::~TextScan() = default;

bool TextScan::Add(size_t leaf, const std::string& pattern) {
  std::string error;
  if (set_->patterns.Add(pattern, &error) < 0)
    return false;
  leaf_of_pattern_.push_back(leaf);
  mine_[leaf / 64] |= uint64_t{1} << (leaf % 64);
  return true;
}

void TextScan::Compile() {
  // Too large to compile: no leaf is excluded by it.
  if (!set_->patterns.Compile())
    std::fill(mine_.begin(), mine_.end(), 0);
}

void TextScan::And(std::string_view text, uint64_t* bits) {
  bool wanted = false;
  for (size_t w = 0; w < mine_.size(); ++w)
    wanted = wanted || (bits[w] & mine_[w]) != 0;
  if (!wanted)
    return;
  matched_.clear();
  re2::RE2::Set::ErrorInfo error{};
  bool any = set_->patterns.Match({text.data(), text.size()}, &matched_, &error);
  if (!any && error.kind != re2::RE2::Set::kNoError)
    return;  // the automaton is at its bound: the evaluator decides
  for (size_t w = 0; w < mine_.size(); ++w)
    allowed_[w] = ~mine_[w];
  for (int pattern : matched_) {
    size_t leaf = leaf_of_pattern_[static_cast<size_t>(pattern)];
    allowed_[leaf / 64] |= uint64_t{1} << (leaf % 64);
  }
  for (size_t w = 0; w < mine_.size(); ++w)
    bits[w] &= allowed_[w];
}

}  // namespace keywatch::pipeline
