#include "app/commands/rules.h"

#include <fmt/format.h>

#include "app/exit_code.h"
#include "connectors/decode/json_decoder.h"
#include "engine/pipeline/duplicates.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/rule/rule_search.h"
#include "engine/rule/rule_test_file.h"
#include "engine/rule/rule_test_match.h"
#include "engine/rule/watchlist_catalogs.h"
#include "engine/rule/watchlist_file.h"

namespace keywatch::app {
namespace {

std::string Waiting(const rule::CompiledRule& rule) {
  record::Ticks wait = rule::LongestWait(rule, pipeline::EngineSettings().lateness);
  return wait == 0 ? "alerts on arrival"
                   : "alerts " + record::FormatTimespan(wait) + " after the event";
}

// The alerts that one test's records raise, each record fed by itself as it would arrive.
std::vector<alert::Alert> Raise(const rule::CompiledRule& compiled,
                                const rule::RuleTest& test,
                                std::vector<std::string>* wrong) {
  pipeline::EngineSettings settings;
  settings.hold_while_learning = !test.raise_while_learning;
  std::vector<rule::CompiledRule> rules;
  rules.push_back(compiled);
  const record::SchemaCatalog& catalog = record::SchemaCatalog::Builtin();
  pipeline::RuleEngine engine(std::move(rules), catalog, settings);
  decode::JsonDecoder decoder(engine.layout());
  pipeline::Duplicates duplicates(settings.lateness);
  std::vector<alert::Alert> alerts;
  record::RecordBatch rows;
  std::vector<bool> fresh;
  std::string origin = "test";
  for (const rule::TestRecord& record : test.records) {
    pipeline::RawBatch batch;
    batch.messages.push_back({&origin, 0, record.json, 0});
    batch.read_time = record.arrival;
    size_t next = 0;
    decoder.Decode(batch, &next, &rows, [&](const pipeline::RejectedRecord& rejected) {
      wrong->push_back(
          fmt::format("a record cannot be read: {}: {}", rejected.reason, rejected.detail));
    });
    duplicates.Mark(rows, &fresh);
    engine.Process(rows, fresh, &alerts);
  }
  engine.AdvanceTo(engine.newest() + compiled.rule.query_period + 2 * settings.lateness, &alerts);
  return alerts;
}

// The catalog with its watchlists empty: a test must not depend on what a site has listed.
record::SchemaCatalog WithoutRows(record::SchemaCatalog catalog) {
  for (const std::string& alias : catalog.watchlist_names()) {
    record::Watchlist watchlist = *catalog.FindWatchlist(alias);
    watchlist.rows.clear();
    catalog.SetWatchlist(std::move(watchlist));
  }
  return catalog;
}

// Adds the test's rows; what cannot be added goes to `wrong`.
record::SchemaCatalog WithRows(const record::SchemaCatalog& empty,
                               const rule::RuleTest& test,
                               std::vector<std::string>* wrong) {
  record::SchemaCatalog catalog = empty;
  for (const auto& [alias, rows] : test.watchlists) {
    const record::Watchlist* known = catalog.FindWatchlist(alias);
    if (known == nullptr) {
      wrong->push_back(fmt::format("there is no watchlist: {}", alias));
      continue;
    }
    record::Watchlist filled = *known;
    for (const auto& row : rows) {
      std::string unknown;
      if (!rule::AddRow(row, &filled, &unknown))
        wrong->push_back(fmt::format("watchlist {} has no column: {}", alias, unknown));
    }
    catalog.SetWatchlist(std::move(filled));
  }
  return catalog;
}

// What is wrong with the rule under the test; nothing if it passes. Null if the rule does not load:
// a report was printed.
std::optional<std::vector<std::string>> RunTest(const rule::RuleLoad& load,
                                                const rule::RuleTest& test,
                                                const record::SchemaCatalog& tables) {
  std::vector<std::string> wrong;
  rule::RuleCompilation compilation = rule::CompileRule(*load.rule, WithRows(tables, test, &wrong));
  if (!compilation.compiled) {
    fmt::print("{}{}",
               Format(load.rule->query, compilation.in_query),
               Format(load.source, compilation.in_file));
    return std::nullopt;
  }
  std::vector<alert::Alert> raised = Raise(*compilation.compiled, test, &wrong);
  for (std::string& line : rule::CompareAlerts(test.alerts, raised))
    wrong.push_back(std::move(line));
  return wrong;
}

}  // namespace

int RunRulesCheck(const std::vector<std::string>& paths,
                  const std::vector<std::string>& watchlists) {
  std::vector<rule::LoadedRule> rules =
      rule::LoadAndCompile(paths, record::SchemaCatalog::Builtin(), watchlists);
  size_t bad = 0;
  for (const rule::LoadedRule& loaded : rules) {
    fmt::print("{}", loaded.report);
    if (loaded.compiled) {
      fmt::print(
          "{}: ok: {}: {}\n", loaded.path, loaded.compiled->rule.name, Waiting(*loaded.compiled));
    }
    bad += loaded.has_errors ? 1 : 0;
  }
  if (rules.empty()) {
    fmt::print(stderr, "keywatch: no rule file found; name files or folders with *.yaml\n");
    return kExitUsage;
  }
  fmt::print("{} rules, {} with errors\n", rules.size(), bad);
  return bad == 0 ? kExitOk : kExitUsage;
}

int RunRulesTest(const std::vector<std::string>& paths,
                 const std::vector<std::string>& watchlists) {
  rule::WatchlistCatalogs catalogs(record::SchemaCatalog::Builtin(), watchlists);
  size_t passed = 0;
  size_t failed = 0;
  bool unusable = false;
  rule::FoundFiles found = rule::FindRuleTestFiles(paths);
  for (const rule::SearchProblem& problem : found.problems) {
    fmt::print(stderr, "keywatch: {}: {}\n", problem.path, problem.message);
    unusable = true;
  }
  for (const std::string& path : found.paths) {
    rule::RuleTestLoad load = rule::LoadRuleTests(path);
    fmt::print("{}", Format(load.source, load.diagnostics));
    if (!load.file) {
      unusable = true;
      continue;
    }
    rule::RuleLoad rule = rule::LoadRule(load.file->rule_path);
    fmt::print("{}", Format(rule.source, rule.diagnostics));
    if (!rule.rule) {
      unusable = true;
      continue;
    }
    record::SchemaCatalog tables = WithoutRows(catalogs.Of(load.file->rule_path));
    for (const rule::WatchlistLoad& problem : catalogs.TakeProblems()) {
      fmt::print("{}", problem.report);
      unusable = true;
    }
    for (const rule::RuleTest& test : load.file->tests) {
      std::optional<std::vector<std::string>> wrong = RunTest(rule, test, tables);
      if (!wrong) {
        unusable = true;
        break;
      }
      fmt::print("{} {}: {}\n", wrong->empty() ? "PASS" : "FAIL", path, test.name);
      for (const std::string& line : *wrong)
        fmt::print("     {}\n", line);
      ++(wrong->empty() ? passed : failed);
    }
  }
  if (passed + failed == 0 && !unusable) {
    fmt::print(stderr, "keywatch: no rule test found; name files or folders with *.test.yaml\n");
    return kExitUsage;
  }
  fmt::print("{} tests passed, {} failed\n", passed, failed);
  if (unusable)
    return kExitUsage;
  return failed == 0 ? kExitOk : kExitFindings;
}

}  // namespace keywatch::app
