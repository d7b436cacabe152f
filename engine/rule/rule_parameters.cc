#include "engine/rule/rule_parameters.h"

#include <optional>
#include <utility>
#include <variant>

#include "engine/kql/parser.h"

namespace keywatch::rule {
namespace {

ParameterKind KindOf(const kql::Literal& literal) {
  switch (literal.kind) {
    case kql::LiteralKind::kBool:
      return ParameterKind::kBool;
    case kql::LiteralKind::kInt:
    case kql::LiteralKind::kLong:
    case kql::LiteralKind::kReal:
    case kql::LiteralKind::kDecimal:
      return ParameterKind::kNumber;
    case kql::LiteralKind::kTimespan:
      return ParameterKind::kTimespan;
    case kql::LiteralKind::kString:
      return ParameterKind::kText;
    case kql::LiteralKind::kDatetime:
    case kql::LiteralKind::kGuid:
    case kql::LiteralKind::kNull:
      break;
  }
  return ParameterKind::kOther;
}

// Null if the value is not a constant.
std::optional<ParameterKind> KindOf(const kql::Expr& value) {
  if (const auto* literal = std::get_if<kql::Literal>(&value.node))
    return KindOf(*literal);
  if (const auto* sign = std::get_if<kql::Unary>(&value.node))
    return KindOf(*sign->operand);
  bool is_dynamic = std::holds_alternative<kql::DynamicArray>(value.node) ||
                    std::holds_alternative<kql::DynamicBag>(value.node) ||
                    std::holds_alternative<kql::DynamicScalar>(value.node);
  return is_dynamic ? std::optional(ParameterKind::kList) : std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// What stands behind `end` on the same line, if it is a comment.
std::string CommentAfter(std::string_view text, size_t end) {
  std::string_view rest = text.substr(end, text.find('\n', end) - end);
  rest = Trimmed(rest);
  if (rest.empty() || rest.front() != ';')
    return "";
  rest = Trimmed(rest.substr(1));
  return rest.starts_with("//") ? std::string(Trimmed(rest.substr(2))) : "";
}

}  // namespace

RuleLets LetsOf(const SourceText& query) {
  Diagnostics diagnostics;  // whoever compiles the rule tells them
  RuleLets out;
  const kql::Query tree = kql::Parse(query, &diagnostics);
  for (const kql::LetStatement& let : tree.lets) {
    std::optional<ParameterKind> kind = let.value ? KindOf(*let.value) : std::nullopt;
    if (!kind) {
      out.computed.push_back({let.name, let.name_span});
      continue;
    }
    const SourceSpan span = let.value->span;
    out.parameters.push_back({let.name,
                              *kind,
                              query.text.substr(span.offset, span.length),
                              span,
                              CommentAfter(query.text, span.offset + span.length)});
  }
  return out;
}

Rule WithParameter(const Rule& rule, const RuleParameter& parameter, std::string_view value) {
  Rule out = rule;
  out.query.text.replace(parameter.span.offset, parameter.span.length, value);
  return out;
}

}  // namespace keywatch::rule
