#include "engine/pipeline/text_scan.h"

#include <algorithm>
#include <map>

namespace keywatch::pipeline {
namespace {

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
         eval::RegexSet::Quote(text) + shape->second.after;
}

TextScan::TextScan(size_t column, size_t words) : column_(column), mine_(words), allowed_(words) {}

bool TextScan::Add(size_t leaf, const std::string& pattern) {
  if (!patterns_.Add(pattern))
    return false;
  leaf_of_pattern_.push_back(leaf);
  mine_[leaf / 64] |= uint64_t{1} << (leaf % 64);
  return true;
}

void TextScan::Compile() {
  if (!patterns_.Compile())
    std::fill(mine_.begin(), mine_.end(), 0);  // excludes nothing
}

void TextScan::And(std::string_view text, uint64_t* bits) {
  bool wanted = false;
  for (size_t w = 0; w < mine_.size(); ++w)
    wanted = wanted || (bits[w] & mine_[w]) != 0;
  if (!wanted)
    return;
  if (!patterns_.Match(text, &matched_))
    return;  // the evaluator decides
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
