#include "engine/rule/rule_compiler.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/rule/watchlist_catalogs.h"

namespace keywatch::rule {

using plan::NodePtr;
using record::Schema;

namespace {

void CheckColumn(const Schema& schema,
                 const Located<std::string>& column,
                 Diagnostics* diagnostics) {
  if (schema.Find(column.value))
    return;
  std::vector<std::string> names;
  for (const record::Column& known : schema.columns)
    names.push_back(known.name);
  std::string near = Nearest(column.value, names);
  diagnostics->Error(column.span,
                     fmt::format("the query's result has no column: {}", column.value),
                     near.empty() ? "" : fmt::format("did you mean {}?", near));
}

void CheckColumns(const Rule& rule, const Schema& schema, Diagnostics* diagnostics) {
  for (const EntityMapping& mapping : rule.entity_mappings) {
    for (const EntityField& field : mapping.fields)
      CheckColumn(schema, field.column, diagnostics);
  }
  for (const CustomDetail& detail : rule.custom_details) {
    CheckColumn(schema, detail.column, diagnostics);
  }
  const AlertOverride& over = rule.alert_override;
  for (const auto* text : {&over.title, &over.description}) {
    if (!*text)
      continue;
    for (const TemplatePart& part : (*text)->parts) {
      if (part.is_column)
        CheckColumn(schema, {part.text, part.span}, diagnostics);
    }
  }
  if (over.severity_column)
    CheckColumn(schema, *over.severity_column, diagnostics);
  if (over.tactics_column)
    CheckColumn(schema, *over.tactics_column, diagnostics);
  for (const auto& [name, column] : over.properties)
    CheckColumn(schema, column, diagnostics);
}

// A trigger "more than N rows" is a condition on the number of rows.
NodePtr WithTrigger(const NodePtr& plan, int64_t threshold) {
  if (threshold == 0)
    return plan;
  plan::Summarize count{plan, {}, {plan::Aggregate{"count", {}, record::Type::kLong, 0}}, false};
  NodePtr counted = plan::MakeNode({{{"Rows", record::Type::kLong}}}, std::move(count), plan->span);
  plan::ExprPtr enough = plan::CallOf(
      ">",
      record::Type::kBool,
      {plan::ColumnRef(0, record::Type::kLong), plan::Constant(record::Value::Long(threshold))});
  return plan::MakeNode(counted->schema, plan::Filter{counted, enough}, plan->span);
}

}  // namespace

RuleCompilation CompileRule(const Rule& rule, const record::SchemaCatalog& catalog) {
  RuleCompilation out;
  kql::Query query = kql::Parse(rule.query, &out.in_query);
  NodePtr bound = out.in_query.has_errors() ? nullptr : bind::Bind(query, catalog, &out.in_query);
  if (bound == nullptr)
    return out;
  if (rule.trigger_operator != TriggerOperator::kGreaterThan) {
    out.in_file.Error(rule.spans.trigger,
                      "cannot be evaluated continuously yet: a trigger other than `gt`");
    return out;
  }
  NodePtr plan = optimize::Optimize(WithTrigger(bound, rule.trigger_threshold));
  CheckColumns(rule, plan->schema, &out.in_file);
  std::optional<delta::DeltaPlan> delta = delta::MakeDeltaPlan(plan, &out.in_query);
  if (!delta || out.in_file.has_errors())
    return out;
  out.compiled = CompiledRule{rule, plan, std::move(*delta)};
  return out;
}

record::Ticks LongestWait(const CompiledRule& rule, record::Ticks lateness) {
  record::Ticks wait = 0;
  for (const delta::BranchPlan& branch : rule.delta.branches) {
    if (branch.hold)
      wait = std::max(wait, lateness - std::min(*branch.hold, lateness));
  }
  return wait;
}

std::vector<LoadedRule> LoadAndCompile(const std::vector<std::string>& paths,
                                       const record::SchemaCatalog& catalog,
                                       const std::vector<std::string>& watchlist_folders) {
  std::vector<LoadedRule> out;
  WatchlistCatalogs catalogs(catalog, watchlist_folders);
  auto report_watchlists = [&] {
    for (WatchlistLoad& load : catalogs.TakeProblems())
      out.push_back({load.path, std::nullopt, std::move(load.report), true});
  };
  report_watchlists();
  for (RuleLoad& load : LoadRules(paths)) {
    const record::SchemaCatalog& known = catalogs.Of(load.source.name);
    report_watchlists();
    LoadedRule& loaded = out.emplace_back();
    loaded.path = load.source.name;
    loaded.report = Format(load.source, load.diagnostics);
    loaded.has_errors = !load.rule.has_value();
    if (!load.rule)
      continue;
    RuleCompilation compilation = CompileRule(*load.rule, known);
    loaded.report += Format(load.rule->query, compilation.in_query);
    loaded.report += Format(load.source, compilation.in_file);
    loaded.has_errors = !compilation.compiled.has_value();
    loaded.compiled = std::move(compilation.compiled);
  }
  return out;
}

}  // namespace keywatch::rule
