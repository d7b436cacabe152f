// Operators with several inputs: join and union.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "engine/bind/binder_impl.h"

namespace keywatch::bind {

using plan::ExprPtr;
using plan::JoinKind;
using plan::NodePtr;
using record::Type;

namespace {

constexpr std::array<std::pair<std::string_view, JoinKind>, 10> kKinds = {{
    {"", JoinKind::kInnerUnique},
    {"innerunique", JoinKind::kInnerUnique},
    {"inner", JoinKind::kInner},
    {"leftouter", JoinKind::kLeftOuter},
    {"leftanti", JoinKind::kLeftAnti},
    {"anti", JoinKind::kLeftAnti},
    {"leftantisemi", JoinKind::kLeftAnti},
    {"rightanti", JoinKind::kRightAnti},
    {"rightantisemi", JoinKind::kRightAnti},
    {"leftsemi", JoinKind::kLeftSemi},
}};

std::optional<JoinKind> KindFromName(std::string_view name) {
  if (name == "rightsemi")
    return JoinKind::kRightSemi;
  for (const auto& [known, kind] : kKinds) {
    if (known == name)
      return kind;
  }
  return std::nullopt;
}

// Left columns, then right ones; a right name that is taken gets the next free number, where the
// names of all right columns count as taken (as Microsoft's binder numbers them).
record::Schema JoinedSchema(const record::Schema& left, const record::Schema& right) {
  record::Schema out = left;
  for (const record::Column& column : right.columns) {
    record::Column joined = column;
    if (out.Find(joined.name)) {
      int n = 1;
      do {
        joined.name = fmt::format("{}{}", column.name, n++);
      } while (out.Find(joined.name) || right.Find(joined.name));
    }
    out.columns.push_back(std::move(joined));
  }
  return out;
}

// Whether key columns of these types may be compared: equal types, or int with long.
bool KeysFit(Type left, Type right) {
  auto integer = [](Type type) { return type == Type::kInt || type == Type::kLong; };
  return left == right || (integer(left) && integer(right));
}

}  // namespace

NodePtr Binder::BindJoin(const kql::JoinOp& op, SourceSpan span, const NodePtr& left) {
  NodePtr right = op.right == nullptr ? nullptr : BindPipeline(*op.right);
  std::optional<JoinKind> kind = KindFromName(op.kind);
  if (!kind) {
    return TableError(
        op.kind_span,
        fmt::format("this join kind is not supported yet: {}", op.kind),
        "supported: innerunique, inner, leftouter, leftanti, rightanti, leftsemi, rightsemi");
  }
  if (right == nullptr)
    return nullptr;
  plan::Join join{*kind, left, right, {}, {}};
  bool ok = true;
  for (const kql::JoinCondition& condition : op.on) {
    std::optional<size_t> left_key = left->schema.Find(condition.left);
    std::optional<size_t> right_key = right->schema.Find(condition.right);
    if (!left_key || !right_key) {
      const bool of_left = !left_key;
      Error(condition.span,
            fmt::format("the {} side of the join has no column: {}",
                        of_left ? "left" : "right",
                        of_left ? condition.left : condition.right));
      ok = false;
      continue;
    }
    Type left_type = left->schema.columns[*left_key].type;
    Type right_type = right->schema.columns[*right_key].type;
    if (condition.by_sides ? !KeysFit(left_type, right_type) : left_type != right_type) {
      Error(condition.span,
            fmt::format("join keys must have one type, found {} and {}",
                        record::TypeName(left_type),
                        record::TypeName(right_type)));
      ok = false;
      continue;
    }
    join.left_keys.push_back(*left_key);
    join.right_keys.push_back(*right_key);
  }
  if (!ok)
    return nullptr;
  if (join.left_keys.empty())
    return TableError(span, "join needs `on` with at least one column");
  record::Schema schema;
  switch (*kind) {
    case JoinKind::kLeftAnti:
    case JoinKind::kLeftSemi:
      schema = left->schema;
      break;
    case JoinKind::kRightAnti:
    case JoinKind::kRightSemi:
      schema = right->schema;
      break;
    default:
      schema = JoinedSchema(left->schema, right->schema);
  }
  return plan::MakeNode(std::move(schema), std::move(join), span);
}

namespace {

// The output columns of a union and, per input, what fills each: a column, or null for a missing
// one.
struct UnionColumns {
  record::Schema schema;
  std::vector<std::vector<std::optional<size_t>>> sources;  // [output][input]
};

void AddOutput(record::Column column,
               const std::vector<std::optional<size_t>>& source,
               UnionColumns* out) {
  AddUnique(std::move(column), &out->schema);
  out->sources.push_back(source);
}

// Columns by first appearance; a name with several types is split into name_type columns.
UnionColumns MergeColumns(const std::vector<NodePtr>& inputs, bool inner) {
  UnionColumns out;
  std::vector<std::string> names;
  for (const NodePtr& input : inputs) {
    for (const record::Column& column : input->schema.columns) {
      if (std::find(names.begin(), names.end(), column.name) == names.end()) {
        names.push_back(column.name);
      }
    }
  }
  for (const std::string& name : names) {
    std::vector<std::optional<size_t>> found(inputs.size());
    std::vector<Type> types;
    for (size_t i = 0; i < inputs.size(); ++i) {
      found[i] = inputs[i]->schema.Find(name);
      if (!found[i])
        continue;
      Type type = inputs[i]->schema.columns[*found[i]].type;
      if (std::find(types.begin(), types.end(), type) == types.end())
        types.push_back(type);
    }
    bool everywhere =
        std::all_of(found.begin(), found.end(), [](const auto& f) { return f.has_value(); });
    if (inner && (!everywhere || types.size() > 1))
      continue;
    for (Type type : types) {
      std::vector<std::optional<size_t>> source(inputs.size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (found[i] && inputs[i]->schema.columns[*found[i]].type == type)
          source[i] = found[i];
      }
      std::string column =
          types.size() == 1 ? name : fmt::format("{}_{}", name, record::TypeName(type));
      AddOutput({std::move(column), type}, source, &out);
    }
  }
  return out;
}

}  // namespace

NodePtr Binder::BindUnion(const kql::UnionOp& op, SourceSpan span, const NodePtr& first) {
  std::vector<NodePtr> inputs;
  if (first != nullptr)
    inputs.push_back(first);
  bool ok = true;
  for (const kql::PipelinePtr& pipeline : op.inputs) {
    const auto* table = std::get_if<kql::TableSource>(&pipeline->source.node);
    if (table != nullptr && table->name.find('*') != std::string::npos) {
      Error(pipeline->span,
            fmt::format("wildcards in union are not supported yet: {}", table->name),
            "name the tables");
      ok = false;
      continue;
    }
    bool known = true;
    if (op.is_fuzzy && table != nullptr) {
      FindTable(table->name, &known);
      if (!known && !lets_.contains(table->name)) {
        diagnostics_->Warning(
            pipeline->span,
            fmt::format("isfuzzy: there is no table {}, it counts as empty", table->name));
        continue;
      }
    }
    inputs.push_back(BindPipeline(*pipeline));
    ok = ok && inputs.back() != nullptr;
  }
  if (!op.with_source.empty()) {
    return TableError(span, "withsource= is not supported yet");
  }
  if (!ok)
    return nullptr;
  if (inputs.empty())
    return TableError(span, "no input of this union is a known table");
  UnionColumns merged = MergeColumns(inputs, op.kind == "inner");
  plan::Union all;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<ExprPtr> columns;
    for (size_t c = 0; c < merged.schema.columns.size(); ++c) {
      Type type = merged.schema.columns[c].type;
      const std::optional<size_t>& source = merged.sources[c][i];
      columns.push_back(source ? plan::ColumnRef(*source, type)
                               : plan::Constant(record::Value::Null(type)));
    }
    all.inputs.push_back(
        plan::MakeNode(merged.schema, plan::Project{inputs[i], std::move(columns)}, span));
  }
  return plan::MakeNode(merged.schema, std::move(all), span);
}

}  // namespace keywatch::bind
