#include "engine/plan/plan_printer.h"

#include <fmt/format.h>

namespace keywatch::plan {

std::string_view JoinKindName(JoinKind kind) {
  switch (kind) {
    case JoinKind::kInner:
      return "inner";
    case JoinKind::kInnerUnique:
      return "innerunique";
    case JoinKind::kLeftOuter:
      return "leftouter";
    case JoinKind::kLeftAnti:
      return "leftanti";
    case JoinKind::kRightAnti:
      return "rightanti";
    case JoinKind::kLeftSemi:
      return "leftsemi";
    case JoinKind::kRightSemi:
      return "rightsemi";
  }
  return "unknown";
}

std::vector<NodePtr> Inputs(const Node& node) {
  struct Visitor {
    std::vector<NodePtr> operator()(const Scan&) const { return {}; }
    std::vector<NodePtr> operator()(const Values&) const { return {}; }
    std::vector<NodePtr> operator()(const Range&) const { return {}; }
    std::vector<NodePtr> operator()(const Filter& op) const { return {op.input}; }
    std::vector<NodePtr> operator()(const Project& op) const { return {op.input}; }
    std::vector<NodePtr> operator()(const Summarize& op) const { return {op.input}; }
    std::vector<NodePtr> operator()(const Sort& op) const { return {op.input}; }
    std::vector<NodePtr> operator()(const Take& op) const { return {op.input}; }
    std::vector<NodePtr> operator()(const Join& op) const { return {op.left, op.right}; }
    std::vector<NodePtr> operator()(const Union& op) const { return op.inputs; }
  };
  return std::visit(Visitor{}, node.op);
}

namespace {

std::string PrintLiteral(const record::Value& value) {
  using record::Type;
  if (value.is_null())
    return fmt::format("{}(null)", TypeName(value.type()));
  switch (value.type()) {
    case Type::kString: {
      std::string out;
      record::AppendJsonString(value.string(), &out);
      return out;
    }
    case Type::kBool:
      return value.boolean() ? "true" : "false";
    case Type::kLong:
    case Type::kReal:
      return record::ToText(value);
    case Type::kDatetime:
      return fmt::format("datetime({})", record::FormatDatetimeShort(value.integral()));
    default:
      return fmt::format("{}({})", TypeName(value.type()), record::ToText(value));
  }
}

std::string PrintAll(const std::vector<ExprPtr>& exprs, const record::Schema* input) {
  std::string out;
  for (const ExprPtr& expr : exprs)
    out += " " + Print(expr, input);
  return out;
}

std::string Names(const record::Schema& schema) {
  std::string out;
  for (const record::Column& column : schema.columns) {
    out += (out.empty() ? "" : " ") + column.name;
  }
  return out;
}

// The operator's own line, without its inputs.
struct LinePrinter {
  const Node& node;

  std::string operator()(const Scan& op) const {
    return fmt::format("scan {} [{}]", op.table, Names(node.schema));
  }
  std::string operator()(const Values& op) const {
    return fmt::format("values [{}] {} rows", Names(node.schema), op.rows.size());
  }
  std::string operator()(const Range& op) const {
    return fmt::format("range {} {} {} {}",
                       Names(node.schema),
                       Print(op.from, nullptr),
                       Print(op.to, nullptr),
                       Print(op.step, nullptr));
  }
  std::string operator()(const Filter& op) const {
    return "filter " + Print(op.predicate, &op.input->schema);
  }
  std::string operator()(const Project& op) const {
    std::string out = "project";
    for (size_t i = 0; i < op.columns.size(); ++i) {
      std::string name = node.schema.columns[i].name;
      std::string value = Print(op.columns[i], &op.input->schema);
      out += value == name ? " " + name : fmt::format(" {}={}", name, value);
    }
    return out;
  }
  std::string operator()(const Summarize& op) const {
    std::string out = "summarize";
    size_t column = op.keys.size();
    for (const Aggregate& aggregate : op.aggregates) {
      out += fmt::format(" {}=({}{})",
                         node.schema.columns[column].name,
                         aggregate.function,
                         PrintAll(aggregate.args, &op.input->schema));
      bool row_of = aggregate.function == "arg_max" || aggregate.function == "arg_min";
      column += row_of ? aggregate.args.size() : 1;
    }
    if (!op.by)
      return out;
    out += " by";
    for (size_t i = 0; i < op.keys.size(); ++i) {
      std::string name = node.schema.columns[i].name;
      std::string value = Print(op.keys[i], &op.input->schema);
      out += value == name ? " " + name : fmt::format(" {}={}", name, value);
    }
    return out;
  }
  std::string operator()(const Sort& op) const {
    std::string out = "sort";
    for (const SortKey& key : op.keys) {
      out += fmt::format(" {} {} nulls {}",
                         Print(key.value, &op.input->schema),
                         key.ascending ? "asc" : "desc",
                         key.nulls_first ? "first" : "last");
    }
    return out;
  }
  std::string operator()(const Take& op) const { return fmt::format("take {}", op.rows); }
  std::string operator()(const Join& op) const {
    std::string out = fmt::format("join {}", JoinKindName(op.kind));
    for (size_t i = 0; i < op.left_keys.size(); ++i) {
      out += fmt::format(" {}=={}",
                         op.left->schema.columns[op.left_keys[i]].name,
                         op.right->schema.columns[op.right_keys[i]].name);
    }
    return out;
  }
  std::string operator()(const Union&) const {
    return fmt::format("union [{}]", Names(node.schema));
  }
};

void Append(const NodePtr& node, size_t depth, std::string* out) {
  *out += std::string(depth * 2, ' ') + std::visit(LinePrinter{*node}, node->op) + "\n";
  for (const NodePtr& input : Inputs(*node))
    Append(input, depth + 1, out);
}

}  // namespace

std::string Print(const ExprPtr& expr, const record::Schema* input) {
  switch (expr->kind) {
    case ExprKind::kColumn:
      return input != nullptr ? input->columns[expr->column].name
                              : fmt::format("#{}", expr->column);
    case ExprKind::kLiteral:
      return PrintLiteral(expr->literal);
    case ExprKind::kNow:
      return "now()";
    case ExprKind::kIngestionTime:
      return "ingestion_time()";
    case ExprKind::kCall:
      return fmt::format("({}{})", expr->function, PrintAll(expr->args, input));
    case ExprKind::kInSubquery:
      return fmt::format(
          "({}{} subquery)", expr->fold_case ? "in~" : "in", PrintAll(expr->args, input));
    case ExprKind::kToScalar:
      return "(toscalar subquery)";
    case ExprKind::kLookup:
      return fmt::format("(lookup{})[{}]", PrintAll(expr->args, input), expr->column);
  }
  return "?";
}

std::string Print(const NodePtr& node) {
  std::string out;
  Append(node, 0, &out);
  return out;
}

}  // namespace keywatch::plan
