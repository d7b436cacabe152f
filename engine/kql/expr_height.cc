// How deep an expression is, and the refusal of one that is too deep to be walked by recursion.
#include <algorithm>

#include "engine/kql/grammar.h"

namespace keywatch::kql {
namespace {

uint32_t HeightOf(const ExprPtr& expr) { return expr ? expr->height : 0; }

struct HeightVisitor {
  template <typename Leaf>
  uint32_t operator()(const Leaf&) const {
    return 0;
  }
  uint32_t operator()(const Unary& node) const { return HeightOf(node.operand); }
  uint32_t operator()(const Binary& node) const {
    return std::max(HeightOf(node.left), HeightOf(node.right));
  }
  uint32_t operator()(const InList& node) const {
    uint32_t height = HeightOf(node.left);
    for (const ExprPtr& item : node.items)
      height = std::max(height, HeightOf(item));
    return height;
  }
  uint32_t operator()(const Between& node) const {
    return std::max({HeightOf(node.operand), HeightOf(node.low), HeightOf(node.high)});
  }
  uint32_t operator()(const Call& node) const {
    uint32_t height = 0;
    for (const Argument& argument : node.arguments) {
      height = std::max(height, HeightOf(argument.value));
    }
    return height;
  }
  uint32_t operator()(const Member& node) const { return HeightOf(node.object); }
  uint32_t operator()(const Index& node) const {
    return std::max(HeightOf(node.object), HeightOf(node.index));
  }
  uint32_t operator()(const Subquery& node) const { return node.pipeline->height; }
  uint32_t operator()(const ToScalar& node) const { return node.pipeline->height; }
  uint32_t operator()(const DynamicArray& node) const {
    uint32_t height = 0;
    for (const ExprPtr& element : node.elements)
      height = std::max(height, HeightOf(element));
    return height;
  }
  uint32_t operator()(const DynamicBag& node) const {
    uint32_t height = 0;
    for (const auto& member : node.members)
      height = std::max(height, HeightOf(member.second));
    return height;
  }
  uint32_t operator()(const DynamicScalar& node) const { return HeightOf(node.literal); }
};

}  // namespace

uint32_t InnerHeight(const Expr& expr) { return std::visit(HeightVisitor{}, expr.node); }

ExprPtr Parser::WithinHeight(ExprPtr expr) {
  if (expr->height > kMaxHeight) {
    Error(expr->span,
          "the expression has too many terms; the limit is " + std::to_string(kMaxHeight),
          "compare with a list: in (..), has_any (..); or give parts a name with let");
    return nullptr;
  }
  tallest_ = std::max(tallest_, expr->height);
  return expr;
}

}  // namespace keywatch::kql
