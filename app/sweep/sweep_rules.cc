#include "app/sweep/sweep_rules.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/sweep/sweep_values.h"
#include "engine/rule/rule_parameters.h"
#include "engine/rule/watchlist_file.h"

namespace keywatch::app {
namespace {

// With the watchlists that the rule sees; false after a report in `error`.
bool AddWatchlists(const std::string& rule_path,
                   record::SchemaCatalog* catalog,
                   std::string* error) {
  std::optional<std::string> folder = rule::WatchlistFolderOf(rule_path);
  if (!folder)
    return true;
  for (rule::WatchlistLoad& load : rule::LoadWatchlists(*folder)) {
    if (!load.watchlist) {
      *error += load.report;
      return false;
    }
    catalog->SetWatchlist(std::move(*load.watchlist));
  }
  return true;
}

std::string Names(const std::vector<rule::RuleParameter>& parameters) {
  std::vector<std::string> names;
  for (const rule::RuleParameter& parameter : parameters)
    names.push_back(parameter.name);
  return names.empty() ? "this rule has no parameters: no let of its query names a constant"
                       : fmt::format("its parameters are: {}", fmt::join(names, ", "));
}

// The parameter of that name; null after a report in `error`.
const rule::RuleParameter* Find(const rule::RuleLets& lets,
                                const std::string& name,
                                const rule::Rule& rule,
                                std::string* error) {
  std::vector<std::string> names;
  for (const rule::RuleParameter& parameter : lets.parameters) {
    if (parameter.name == name)
      return &parameter;
    names.push_back(parameter.name);
  }
  Diagnostics diagnostics;
  for (const rule::ComputedLet& let : lets.computed) {
    if (let.name == name) {
      diagnostics.Error(let.span,
                        "its value is computed, not written: " + name,
                        "only a let that names a constant can be swept; " + Names(lets.parameters));
      *error += Format(rule.query, diagnostics);
      return nullptr;
    }
  }
  const std::string near = Nearest(name, names);
  *error += fmt::format("keywatch: {}: no parameter: {}; {}{}\n",
                        rule.path,
                        name,
                        near.empty() ? "" : fmt::format("did you mean {}? ", near),
                        Names(lets.parameters));
  return nullptr;
}

// Rules in one engine are told apart by their ids.
std::string IdOf(size_t value) { return fmt::format("{}", value); }

}  // namespace

SweepPlan PlanSweep(const std::string& rule_path,
                    const std::string& request,
                    const record::SchemaCatalog& catalog) {
  SweepPlan plan;
  Result<SweepRequest> parsed = ParseSweepRequest(request);
  if (!parsed) {
    plan.error = "keywatch: " + parsed.error().message() + "\n";
    return plan;
  }
  rule::RuleLoad load = rule::LoadRule(rule_path);
  record::SchemaCatalog known = catalog;
  plan.error = load.rule ? "" : Format(load.source, load.diagnostics);
  if (!load.rule || !AddWatchlists(rule_path, &known, &plan.error))
    return plan;
  plan.rule = *load.rule;
  const rule::RuleLets lets = rule::LetsOf(plan.rule.query);
  const rule::RuleParameter* parameter = Find(lets, parsed->name, plan.rule, &plan.error);
  if (parameter == nullptr)
    return plan;
  Result<std::vector<std::string>> values = SweepValues(parsed->values, parameter->kind);
  if (!values) {
    Diagnostics diagnostics;
    diagnostics.Error(parameter->span, values.error().message());
    plan.error = Format(plan.rule.query, diagnostics);
    return plan;
  }
  plan.parameter = parameter->name;
  plan.written = parameter->value;
  for (const std::string& value : *values) {
    rule::Rule changed = rule::WithParameter(plan.rule, *parameter, value);
    changed.id = IdOf(plan.values.size());
    rule::RuleCompilation compilation = rule::CompileRule(changed, known);
    if (!compilation.compiled) {
      plan.error = fmt::format("keywatch: with {} = {} the rule does not load:\n{}{}",
                               plan.parameter,
                               value,
                               Format(changed.query, compilation.in_query),
                               Format(load.source, compilation.in_file));
      return plan;
    }
    plan.rules.push_back(std::move(*compilation.compiled));
    plan.values.push_back(value);
  }
  return plan;
}

Result<SweepResult> Sweep(SweepPlan plan,
                          const std::vector<std::string>& files,
                          bool raise_while_learning,
                          const record::SchemaCatalog& catalog,
                          const std::atomic<bool>& stop) {
  pipeline::EngineSettings settings;
  settings.hold_while_learning = !raise_while_learning;
  settings.max_rows_per_rule = std::min(settings.max_rows_per_rule,
                                        kMostSweepRows / std::max(plan.values.size(), size_t{1}));
  pipeline::RuleEngine engine(std::move(plan.rules), catalog, settings);
  SweepResult out;
  out.rule = std::move(plan.rule);
  out.parameter = std::move(plan.parameter);
  for (const std::string& value : plan.values)
    out.values.push_back({value, value == plan.written, {}, 1, 0, false, 0});
  Result<HistoryTotals> history = ReadHistory(
      files, /*to_the_end=*/true, stop, &engine, [&](const std::vector<alert::Alert>& alerts) {
        for (const alert::Alert& alert : alerts)
          out.values[std::stoul(alert.rule.id)].tally.Add(alert);
        return true;
      });
  if (!history)
    return history.error();
  out.history = std::move(*history);
  const std::vector<pipeline::RuleReport> reports = engine.Report();
  for (size_t i = 0; i < reports.size(); ++i) {
    SweptValue& value = out.values[i];
    value.learning_until = reports[i].learning_until;
    value.learning = !raise_while_learning && reports[i].learning;
    value.evictions = reports[i].evictions;
    const record::Ticks begin = raise_while_learning
                                    ? out.history.oldest
                                    : std::max(out.history.oldest, value.learning_until);
    value.days = std::max(1.0,
                          static_cast<double>(out.history.newest - begin) /
                              static_cast<double>(record::kTicksPerDay));
  }
  return out;
}

}  // namespace keywatch::app
