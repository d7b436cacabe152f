// Scalars: literals, names, operators, dynamic access. A negated operator becomes `not` of the
// plain one: Kusto's null rules make the two the same (`!=` is true exactly where `==` is false).
#include <charconv>

#include <fmt/format.h>

#include "engine/bind/binder_impl.h"
#include "engine/bind/type_rules.h"

namespace keywatch::bind {

using plan::ExprPtr;
using record::Dynamic;
using record::Type;
using record::Value;

namespace {

std::optional<int64_t> ParseLong(std::string_view text) {
  int base = 10;
  bool negative = !text.empty() && text[0] == '-';
  std::string_view digits = negative ? text.substr(1) : text;
  if (digits.size() > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
    digits.remove_prefix(2);
    base = 16;
  }
  uint64_t magnitude = 0;
  auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.empty()) {
    return std::nullopt;
  }
  uint64_t limit = base == 16 ? ~uint64_t{0} : (uint64_t{1} << 63) - (negative ? 0 : 1);
  if (magnitude > limit)
    return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
}

std::optional<double> ParseReal(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return value;
}

std::optional<Value> LiteralValue(const kql::Literal& literal) {
  std::string_view text = literal.text;
  bool null = literal.typed_call && text == "null";
  switch (literal.kind) {
    case kql::LiteralKind::kBool: {
      if (null)
        return Value::Null(Type::kBool);
      if (text == "true" || text == "1")
        return Value::Bool(true);
      if (text == "false" || text == "0")
        return Value::Bool(false);
      return std::nullopt;
    }
    case kql::LiteralKind::kInt:
    case kql::LiteralKind::kLong: {
      Type type = literal.kind == kql::LiteralKind::kInt ? Type::kInt : Type::kLong;
      if (null)
        return Value::Null(type);
      std::optional<int64_t> value = ParseLong(text);
      if (!value || (type == Type::kInt && *value != static_cast<int32_t>(*value))) {
        return std::nullopt;
      }
      return Value::Integral(type, *value);
    }
    case kql::LiteralKind::kReal: {
      if (null)
        return Value::Null(Type::kReal);
      std::optional<double> value = ParseReal(text);
      return value ? std::optional(Value::Real(*value)) : std::nullopt;
    }
    case kql::LiteralKind::kDatetime: {
      if (null)
        return Value::Null(Type::kDatetime);
      std::optional<record::Ticks> ticks = record::ParseDatetime(text);
      return ticks ? std::optional(Value::Datetime(*ticks)) : std::nullopt;
    }
    case kql::LiteralKind::kTimespan: {
      if (null)
        return Value::Null(Type::kTimespan);
      std::optional<record::Ticks> ticks = record::ParseTimespan(text);
      return ticks ? std::optional(Value::Timespan(*ticks)) : std::nullopt;
    }
    case kql::LiteralKind::kGuid:
      return null ? Value::Null(Type::kGuid) : Value::Guid(literal.text);
    case kql::LiteralKind::kString:
      return Value::String(literal.text);
    case kql::LiteralKind::kNull:
      return Value::Null(Type::kDynamic);
    case kql::LiteralKind::kDecimal:
      return std::nullopt;
  }
  return std::nullopt;
}

ExprPtr Not(ExprPtr expr, SourceSpan span) {
  return plan::CallOf("not", Type::kBool, {std::move(expr)}, span);
}

// "!has" -> "has"; the operator itself when it is not negated.
std::string_view Positive(std::string_view op, bool* negated) {
  *negated = true;
  if (op == "!=" || op == "<>")
    return "==";
  if (op == "!~")
    return "=~";
  if (op == "notcontains")
    return "contains";
  if (op == "notcontains_cs")
    return "contains_cs";
  if (op[0] == '!')
    return op.substr(1);
  *negated = false;
  return op;
}

}  // namespace

ExprPtr Binder::BindLiteral(const kql::Literal& literal, SourceSpan span) {
  if (literal.kind == kql::LiteralKind::kDecimal) {
    return Error(span, "the type decimal is not supported yet", "use real(..)");
  }
  if (literal.kind == kql::LiteralKind::kDatetime && literal.text.empty())
    return plan::Now(span);
  std::optional<Value> value = LiteralValue(literal);
  if (!value)
    return Error(span, fmt::format("this literal has no value: {}", literal.text));
  return plan::Constant(std::move(*value), span);
}

ExprPtr Binder::BindExpr(const kql::Expr& expr, const Scope& scope) {
  SourceSpan span = expr.span;
  struct Visitor {
    Binder& binder;
    const kql::Expr& expr;
    SourceSpan span;
    const Scope& scope;

    ExprPtr operator()(const kql::Literal& node) const { return binder.BindLiteral(node, span); }
    ExprPtr operator()(const kql::Name& node) const { return binder.BindName(node, span, scope); }
    ExprPtr operator()(const kql::Star&) const {
      return binder.Error(span, "* is not allowed here");
    }
    ExprPtr operator()(const kql::Unary& node) const { return binder.BindUnary(node, span, scope); }
    ExprPtr operator()(const kql::Binary& node) const {
      return binder.BindBinary(node, span, scope);
    }
    ExprPtr operator()(const kql::InList& node) const {
      return binder.BindInList(node, span, scope);
    }
    ExprPtr operator()(const kql::Between& node) const {
      return binder.BindBetween(node, span, scope);
    }
    ExprPtr operator()(const kql::Call& node) const { return binder.BindCall(node, span, scope); }
    ExprPtr operator()(const kql::Member& node) const {
      return binder.BindPath(
          *node.object, plan::Constant(Value::String(node.name), span), span, scope);
    }
    ExprPtr operator()(const kql::Index& node) const {
      ExprPtr index = binder.BindExpr(*node.index, scope);
      return index == nullptr ? nullptr : binder.BindPath(*node.object, index, span, scope);
    }
    ExprPtr operator()(const kql::Subquery&) const {
      return binder.Error(span, "a scalar is expected, this is a table", "use toscalar(..)");
    }
    ExprPtr operator()(const kql::ToScalar& node) const {
      plan::NodePtr plan = binder.BindPipeline(*node.pipeline);
      if (plan == nullptr)
        return nullptr;
      if (plan->schema.columns.empty())
        return binder.Error(span, "toscalar needs a column");
      auto scalar = std::make_shared<plan::Expr>();
      scalar->kind = plan::ExprKind::kToScalar;
      scalar->type = plan->schema.columns[0].type;
      scalar->span = span;
      scalar->subquery = plan;
      return scalar;
    }
    ExprPtr operator()(const kql::TypeOf&) const {
      return binder.Error(span, "typeof(..) as a value is not supported yet");
    }
    ExprPtr operator()(const kql::DynamicArray&) const { return binder.BindDynamic(expr); }
    ExprPtr operator()(const kql::DynamicBag&) const { return binder.BindDynamic(expr); }
    ExprPtr operator()(const kql::DynamicScalar&) const { return binder.BindDynamic(expr); }
  };
  return std::visit(Visitor{*this, expr, span, scope}, expr.node);
}

ExprPtr Binder::BindBool(const kql::Expr& expr, const Scope& scope) {
  ExprPtr bound = BindExpr(expr, scope);
  if (bound == nullptr || bound->type == Type::kBool)
    return bound;
  return Error(expr.span,
               fmt::format("a condition must be bool, this is {}", record::TypeName(bound->type)));
}

ExprPtr Binder::BindName(const kql::Name& name, SourceSpan span, const Scope& scope) {
  if (scope.columns != nullptr) {
    if (std::optional<size_t> column = scope.columns->Find(name.text)) {
      if (scope.aggregates != nullptr) {
        return Error(span,
                     fmt::format("a column outside an aggregate: {}", name.text),
                     "use take_any(..), or put the column behind `by`");
      }
      return plan::ColumnRef(*column, scope.columns->columns[*column].type, span);
    }
  }
  if (auto let = lets_.find(name.text); let != lets_.end()) {
    if (let->second.scalar != nullptr)
      return let->second.scalar;
    if (let->second.table == nullptr)
      return nullptr;  // reported where it is defined
    return Error(span,
                 fmt::format("a scalar is expected, this is a table: {}", name.text),
                 "use toscalar(..)");
  }
  std::vector<std::string> names;
  for (const auto& [let, bound] : lets_)
    names.push_back(let);
  if (scope.columns != nullptr) {
    for (const record::Column& column : scope.columns->columns)
      names.push_back(column.name);
  }
  std::string near = Nearest(name.text, names);
  return Error(span,
               fmt::format("no column or let has this name: {}", name.text),
               near.empty() ? "" : fmt::format("did you mean {}?", near));
}

ExprPtr Binder::BindUnary(const kql::Unary& unary, SourceSpan span, const Scope& scope) {
  // -9223372036854775808 is one literal: its positive twin has no value.
  if (const auto* literal = std::get_if<kql::Literal>(&unary.operand->node);
      literal != nullptr && unary.op == '-' && literal->kind == kql::LiteralKind::kLong &&
      !literal->typed_call && literal->text == "9223372036854775808") {
    return plan::Constant(Value::Long(INT64_MIN), span);
  }
  ExprPtr operand = BindExpr(*unary.operand, scope);
  if (operand == nullptr)
    return nullptr;
  Type type = operand->type == Type::kInt ? Type::kLong : operand->type;
  if (!record::IsNumeric(type) && type != Type::kDatetime && type != Type::kTimespan &&
      type != Type::kDynamic) {
    return Error(
        span, fmt::format("{} is not defined for {}", unary.op, record::TypeName(operand->type)));
  }
  if (unary.op == '+')
    return operand;
  return plan::CallOf("neg", type, {std::move(operand)}, span);
}

ExprPtr Binder::BindBinary(const kql::Binary& binary, SourceSpan span, const Scope& scope) {
  ExprPtr left = BindExpr(*binary.left, scope);
  ExprPtr right = BindExpr(*binary.right, scope);
  if (left == nullptr || right == nullptr)
    return nullptr;
  bool negated = false;
  std::string op(Positive(binary.op, &negated));
  auto undefined = [&](std::string hint = "") {
    return Error(binary.op_span,
                 fmt::format("{} is not defined for {} and {}",
                             binary.op,
                             record::TypeName(left->type),
                             record::TypeName(right->type)),
                 std::move(hint));
  };
  std::optional<Type> type;
  if (op == "and" || op == "or") {
    auto fits = [](Type t) { return t == Type::kBool || t == Type::kDynamic; };
    if (!fits(left->type) || !fits(right->type))
      return undefined();
    // Each operand may become a filter of its own, so each is bool.
    for (ExprPtr* operand : {&left, &right}) {
      if ((*operand)->type == Type::kDynamic)
        *operand = plan::CallOf("tobool", Type::kBool, {*operand}, (*operand)->span);
    }
    type = Type::kBool;
  } else if (op == "==") {
    type = Type::kBool;
  } else if (op == "<" || op == "<=" || op == ">" || op == ">=") {
    if (!Orderable(left->type, right->type)) {
      return undefined(
          left->type == Type::kString ? "strings are not ordered; use strcmp or a conversion" : "");
    }
    type = Type::kBool;
  } else if (op.size() == 1 && std::string_view("+-*/%").find(op[0]) != std::string_view::npos) {
    type = ArithmeticType(op[0], left->type, right->type);
    if (!type)
      return undefined(op == "+" && left->type == Type::kString ? "use strcat" : "");
  } else {
    auto text = [](Type t) { return t == Type::kString || t == Type::kDynamic; };
    if (!text(left->type) || !text(right->type))
      return undefined("use tostring(..)");
    type = Type::kBool;
  }
  ExprPtr call = plan::CallOf(op, *type, {std::move(left), std::move(right)}, span);
  return negated ? Not(std::move(call), span) : call;
}

ExprPtr Binder::BindInList(const kql::InList& in, SourceSpan span, const Scope& scope) {
  ExprPtr left = BindExpr(*in.left, scope);
  bool negated = false;
  std::string op(Positive(in.op, &negated));
  if (left != nullptr && op != "in" && left->type != Type::kString &&
      left->type != Type::kDynamic) {
    Error(in.op_span,
          fmt::format("{} is not defined for {}", in.op, record::TypeName(left->type)),
          "use tostring(..)");
    left = nullptr;
  }
  plan::NodePtr table;
  if (in.items.size() == 1) {
    const kql::Expr& item = *in.items[0];
    if (const auto* subquery = std::get_if<kql::Subquery>(&item.node)) {
      table = BindPipeline(*subquery->pipeline);
      if (table == nullptr)
        return nullptr;
    } else if (const auto* name = std::get_if<kql::Name>(&item.node)) {
      bool is_column = scope.columns != nullptr && scope.columns->Find(name->text).has_value();
      bool known = false;
      if (!is_column)
        table = FindTable(name->text, &known);
      if (known && table == nullptr)
        return nullptr;
    }
  }
  if (table != nullptr) {
    if (op != "in" && op != "in~") {
      return Error(in.op_span,
                   fmt::format("{} with a table is not supported yet", in.op),
                   "use toscalar(.. | summarize make_set(..))");
    }
    if (left == nullptr)
      return nullptr;
    if (table->schema.columns.empty())
      return Error(in.items[0]->span, "the table has no column");
    auto membership = std::make_shared<plan::Expr>();
    membership->kind = plan::ExprKind::kInSubquery;
    membership->type = Type::kBool;
    membership->span = span;
    membership->args = {left};
    membership->subquery = table;
    membership->fold_case = op == "in~";
    return negated ? Not(membership, span) : ExprPtr(membership);
  }
  std::vector<ExprPtr> args = {left};
  bool ok = left != nullptr;
  for (const kql::ExprPtr& item : in.items) {
    args.push_back(BindExpr(*item, scope));
    ok = ok && args.back() != nullptr;
  }
  if (!ok)
    return nullptr;
  ExprPtr call = plan::CallOf(op, Type::kBool, std::move(args), span);
  return negated ? Not(std::move(call), span) : call;
}

ExprPtr Binder::BindBetween(const kql::Between& between, SourceSpan span, const Scope& scope) {
  ExprPtr operand = BindExpr(*between.operand, scope);
  ExprPtr low = BindExpr(*between.low, scope);
  ExprPtr high = BindExpr(*between.high, scope);
  if (operand == nullptr || low == nullptr || high == nullptr)
    return nullptr;
  // `t between (start .. 1h)` ends at start + 1h.
  if (operand->type == Type::kDatetime && low->type == Type::kDatetime &&
      high->type == Type::kTimespan) {
    high = plan::CallOf("+", Type::kDatetime, {low, high}, high->span);
  }
  bool mixed = record::IsNumeric(operand->type) &&
               (low->type == Type::kDynamic) != (high->type == Type::kDynamic);
  if (mixed || !Betweenable(operand->type, low->type) || !Betweenable(operand->type, high->type)) {
    return Error(between.op_span,
                 fmt::format("between is not defined for {} with bounds {} and {}",
                             record::TypeName(operand->type),
                             record::TypeName(low->type),
                             record::TypeName(high->type)));
  }
  ExprPtr from = plan::CallOf(">=", Type::kBool, {operand, low}, span);
  ExprPtr to = plan::CallOf("<=", Type::kBool, {operand, high}, span);
  ExprPtr both = plan::CallOf("and", Type::kBool, {from, to}, span);
  return between.negated ? Not(both, span) : both;
}

ExprPtr Binder::BindPath(const kql::Expr& object,
                         ExprPtr step,
                         SourceSpan span,
                         const Scope& scope) {
  ExprPtr base = BindExpr(object, scope);
  if (base == nullptr)
    return nullptr;
  if (base->type != Type::kDynamic) {
    return Error(
        span,
        fmt::format("only dynamic values have members, this is {}", record::TypeName(base->type)),
        base->type == Type::kString ? "use parse_json(..)" : "");
  }
  if (step->type != Type::kString && step->type != Type::kLong && step->type != Type::kInt) {
    return Error(span,
                 fmt::format("an index must be a string or a number, this is {}",
                             record::TypeName(step->type)));
  }
  return plan::CallOf("member", Type::kDynamic, {std::move(base), std::move(step)}, span);
}

std::optional<Dynamic> Binder::DynamicOf(const kql::Expr& expr) {
  Dynamic out;
  if (const auto* array = std::get_if<kql::DynamicArray>(&expr.node)) {
    Dynamic::Array elements;
    for (const kql::ExprPtr& element : array->elements) {
      std::optional<Dynamic> value = DynamicOf(*element);
      if (!value)
        return std::nullopt;
      elements.push_back(std::move(*value));
    }
    out.held = std::move(elements);
    return out;
  }
  if (const auto* bag = std::get_if<kql::DynamicBag>(&expr.node)) {
    Dynamic::Object members;
    for (const auto& [name, member] : bag->members) {
      std::optional<Dynamic> value = DynamicOf(*member);
      if (!value)
        return std::nullopt;
      members.emplace_back(name, std::move(*value));
    }
    out.held = std::move(members);
    return out;
  }
  if (const auto* scalar = std::get_if<kql::DynamicScalar>(&expr.node)) {
    return DynamicOf(*scalar->literal);
  }
  ExprPtr scalar = BindExpr(expr, {});
  if (scalar == nullptr)
    return std::nullopt;
  if (plan::IsCallOf(scalar, "neg") && plan::IsLiteral(scalar->args[0])) {
    const Value& positive = scalar->args[0]->literal;
    return record::ToDynamic(positive.type() == Type::kReal
                                 ? Value::Real(-positive.real())
                                 : Value::Integral(positive.type(), -positive.integral()));
  }
  if (!plan::IsLiteral(scalar)) {
    Error(expr.span, "a constant is expected in dynamic(..)");
    return std::nullopt;
  }
  return record::ToDynamic(scalar->literal);
}

ExprPtr Binder::BindDynamic(const kql::Expr& expr) {
  std::optional<Dynamic> value = DynamicOf(expr);
  if (!value)
    return nullptr;
  return plan::Constant(Value::Of(std::move(*value)), expr.span);
}

}  // namespace keywatch::bind
