// summarize: keys, aggregates, and expressions over aggregates (`max(x) - min(x)`), which become a
// projection above the aggregation.
#include <algorithm>

#include <fmt/format.h>

#include "engine/bind/binder_impl.h"
#include "engine/plan/function_catalog.h"

namespace keywatch::bind {

using plan::Aggregate;
using plan::ExprPtr;
using plan::NodePtr;
using record::Type;

namespace {

bool IsArgExtreme(const std::string& function) {
  return function == "arg_max" || function == "arg_min";
}

// make_set's and make_list's largest size; the deprecated spellings stop at 128.
constexpr int64_t kMaxElements = 1'048'576;
constexpr int64_t kMaxElementsDeprecated = 128;

// The canonical name of an aggregate.
std::string Canonical(const std::string& name) {
  if (name == "makeset")
    return "make_set";
  if (name == "makelist")
    return "make_list";
  if (name == "any")
    return "take_any";
  return name;
}

// The result type, or null when the aggregate is not defined for its arguments.
std::optional<Type> AggregateType(const std::string& function, const std::vector<ExprPtr>& args) {
  auto type = [&](size_t i) { return args[i]->type; };
  if (function == "count") {
    return args.empty() || type(0) == Type::kBool ? std::optional(Type::kLong) : std::nullopt;
  }
  if (function == "countif")
    return type(0) == Type::kBool ? std::optional(Type::kLong) : std::nullopt;
  if (function == "dcount")
    return Type::kLong;
  if (function == "dcountif")
    return type(1) == Type::kBool ? std::optional(Type::kLong) : std::nullopt;
  if (function == "make_set" || function == "make_list")
    return Type::kDynamic;
  if (function == "take_any")
    return type(0);
  if (function == "min" || function == "max" || IsArgExtreme(function)) {
    bool ordered = type(0) != Type::kGuid && type(0) != Type::kDynamic;
    return ordered ? std::optional(type(0)) : std::nullopt;
  }
  // sum, sumif, avg
  if (function == "sumif" && type(1) != Type::kBool)
    return std::nullopt;
  Type summed = type(0);
  if (!record::IsNumeric(summed) && summed != Type::kDatetime && summed != Type::kTimespan) {
    return std::nullopt;
  }
  if (function == "avg" && record::IsNumeric(summed))
    return Type::kReal;
  return summed == Type::kInt ? Type::kLong : summed;
}

}  // namespace

ExprPtr Binder::BindAggregate(const kql::Call& call, SourceSpan span, const Scope& scope) {
  const plan::AggregateInfo* info = plan::FindAggregate(call.function);
  if (IsArgExtreme(call.function)) {
    return Error(span, fmt::format("{} inside an expression is not supported yet", call.function));
  }
  if (info->max_args == 1 && call.arguments.size() > 1 && Canonical(call.function) == "take_any") {
    return Error(
        span, "take_any of several values is not supported yet", "write one take_any for each");
  }
  if (call.arguments.size() < info->min_args || call.arguments.size() > info->max_args) {
    std::string takes = info->min_args == info->max_args
                            ? fmt::format("{}", info->max_args)
                            : fmt::format("{} to {}", info->min_args, info->max_args);
    return Error(span,
                 fmt::format("{} takes {} argument{}, found {}",
                             call.function,
                             takes,
                             takes == "1" ? "" : "s",
                             call.arguments.size()));
  }
  Aggregate aggregate;
  aggregate.function = Canonical(call.function);
  Scope inner{scope.columns, nullptr};  // no aggregate inside an aggregate
  for (const kql::Argument& argument : call.arguments) {
    if (std::holds_alternative<kql::Star>(argument.value->node)) {
      return Error(argument.value->span,
                   fmt::format("* in {} is not supported yet", call.function));
    }
    ExprPtr bound = BindExpr(*argument.value, inner);
    if (bound == nullptr)
      return nullptr;
    aggregate.args.push_back(std::move(bound));
  }
  std::optional<Type> type = AggregateType(aggregate.function, aggregate.args);
  if (!type) {
    return Error(
        span,
        fmt::format(
            "{} is not defined for {}", call.function, record::TypeName(aggregate.args[0]->type)));
  }
  aggregate.type = *type;
  bool collects = aggregate.function == "make_set" || aggregate.function == "make_list";
  if (collects) {
    aggregate.limit = call.function.starts_with("make_") ? kMaxElements : kMaxElementsDeprecated;
    if (aggregate.args.size() == 2) {
      const ExprPtr& limit = aggregate.args[1];
      if (!plan::IsLiteral(limit) || limit->type != Type::kLong || limit->literal.is_null()) {
        return Error(limit->span,
                     "a largest number of elements that is not a constant is not supported yet");
      }
      aggregate.limit = std::clamp<int64_t>(limit->literal.integral(), 0, kMaxElements);
      aggregate.args.pop_back();
    }
  }
  // The accuracy of dcount plays no role: keywatch counts exactly.
  if (aggregate.function == "dcount")
    aggregate.args.resize(1);
  if (aggregate.function == "dcountif")
    aggregate.args.resize(2);
  scope.aggregates->found.push_back(std::move(aggregate));
  scope.aggregates->outputs.push_back({"", *type});
  scope.aggregates->spans.push_back(span);
  // A reference into the aggregates, made absolute when the number of keys is known.
  return plan::ColumnRef(scope.aggregates->found.size() - 1, *type, span);
}

bool Binder::BindArgExtreme(const kql::NamedExpr& named,
                            const kql::Call& call,
                            const record::Schema& columns,
                            const record::Schema& keys,
                            SummarizeOutputs* outputs) {
  Aggregate aggregate{call.function, {}, Type::kLong, 0};
  std::vector<std::string> names;
  std::string first = call.arguments.empty() ? "" : DerivedName(*call.arguments[0].value, columns);
  const char* prefix = call.function == "arg_max" ? "max" : "min";
  auto has = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  bool star = false;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const kql::Expr& argument = *call.arguments[i].value;
    if (std::holds_alternative<kql::Star>(argument.node)) {
      if (i == 0) {
        Error(argument.span, fmt::format("{} needs an expression before *", call.function));
        return false;
      }
      star = true;
      for (size_t c = 0; c < columns.columns.size(); ++c) {
        const record::Column& column = columns.columns[c];
        if (has(column.name) || keys.Find(column.name))
          continue;
        aggregate.args.push_back(plan::ColumnRef(c, column.type, argument.span));
        names.push_back(column.name);
      }
      continue;
    }
    ExprPtr bound = BindExpr(argument, {&columns});
    if (bound == nullptr)
      return false;
    std::string name = call.arguments[i].name;
    if (name.empty())
      name = DerivedName(argument, columns);
    if (name.empty()) {
      name = i == 0 ? fmt::format("{}_", prefix) : fmt::format("{}_{}_arg{}", prefix, first, i);
    }
    if (star && has(name))
      continue;
    names.push_back(std::move(name));
    aggregate.args.push_back(std::move(bound));
  }
  if (aggregate.args.empty()) {
    Error(named.value->span, fmt::format("{} needs an expression", call.function));
    return false;
  }
  std::optional<Type> type = AggregateType(call.function, aggregate.args);
  if (!type) {
    Error(
        named.value->span,
        fmt::format(
            "{} is not defined for {}", call.function, record::TypeName(aggregate.args[0]->type)));
    return false;
  }
  aggregate.type = *type;
  if (named.names.size() > aggregate.args.size()) {
    Error(named.name_span,
          fmt::format("{} names for {} values", named.names.size(), aggregate.args.size()));
    return false;
  }
  for (size_t i = 0; i < named.names.size(); ++i)
    names[i] = named.names[i];
  size_t at = outputs->found.outputs.size();
  for (size_t i = 0; i < aggregate.args.size(); ++i) {
    Type output = aggregate.args[i]->type;
    outputs->found.outputs.push_back({"", output});
    outputs->outputs.push_back(
        {names[i], i < named.names.size(), plan::ColumnRef(at + i, output, named.value->span)});
    // One aggregate, several outputs: placeholders keep the numbers in step.
    outputs->found.found.push_back(i == 0 ? aggregate : Aggregate{});
  }
  return true;
}

bool Binder::BindOutput(const kql::NamedExpr& named,
                        const record::Schema& columns,
                        SummarizeOutputs* outputs) {
  if (named.names.size() > 1) {
    Error(named.name_span, "only arg_max and arg_min have several values");
    return false;
  }
  ExprPtr value = BindExpr(*named.value, {&columns, &outputs->found});
  if (value == nullptr)
    return false;
  std::string name = named.names.empty() ? DerivedName(*named.value, columns) : named.names[0];
  outputs->outputs.push_back({std::move(name), !named.names.empty(), std::move(value)});
  return true;
}

NodePtr Binder::BindSummarize(const kql::SummarizeOp& op, SourceSpan span, const NodePtr& input) {
  const record::Schema& columns = input->schema;
  bool ok = true;
  OutputColumns keys;
  for (const kql::NamedExpr& named : op.by) {
    ExprPtr key = BindExpr(*named.value, {&columns});
    if (key != nullptr && key->type == Type::kDynamic) {
      key = Error(named.value->span, "a dynamic value cannot be grouped by", "use tostring(..)");
    }
    ok = key != nullptr &&
         AddColumn(named, DerivedName(*named.value, columns), std::move(key), &keys) && ok;
  }
  SummarizeOutputs outputs;
  for (const kql::NamedExpr& named : op.aggregates) {
    const auto* call = std::get_if<kql::Call>(&named.value->node);
    bool extreme = call != nullptr && IsArgExtreme(call->function);
    ok = (extreme ? BindArgExtreme(named, *call, columns, keys.schema, &outputs)
                  : BindOutput(named, columns, &outputs)) &&
         ok;
  }
  if (!ok)
    return nullptr;

  // The aggregation's own output: keys, then every aggregate under a private name.
  plan::Summarize summarize{input, keys.columns, {}, !op.by.empty()};
  size_t width = keys.schema.columns.size();
  record::Schema aggregated = keys.schema;
  std::vector<ExprPtr> to_absolute;
  for (size_t i = 0; i < outputs.found.outputs.size(); ++i) {
    Type type = outputs.found.outputs[i].type;
    to_absolute.push_back(plan::ColumnRef(width + i, type));
    aggregated.columns.push_back({fmt::format("${}", i), type});
  }
  for (Aggregate& aggregate : outputs.found.found) {
    if (!aggregate.function.empty())
      summarize.aggregates.push_back(std::move(aggregate));
  }
  OutputColumns out = std::move(keys);
  out.columns = AllColumns(out.schema);
  bool plain = outputs.outputs.size() == outputs.found.outputs.size();
  for (size_t i = 0; i < outputs.outputs.size(); ++i) {
    SummarizeOutputs::Output& output = outputs.outputs[i];
    plain = plain && output.value->kind == plan::ExprKind::kColumn && output.value->column == i;
    ExprPtr value = plan::Substitute(output.value, to_absolute);
    if (output.name.empty())
      output.name = fmt::format("Column{}", ++out.unnamed);
    if (!output.declared) {
      out.AddDerived(output.name, std::move(value));
    } else if (!out.Declare(output.name, std::move(value))) {
      return TableError(span, fmt::format("this column is already declared: {}", output.name));
    }
  }
  if (plain)
    return plan::MakeNode(std::move(out.schema), std::move(summarize), span);
  NodePtr below = plan::MakeNode(std::move(aggregated), std::move(summarize), span);
  return plan::MakeNode(std::move(out.schema), plan::Project{below, std::move(out.columns)}, span);
}

}  // namespace keywatch::bind
