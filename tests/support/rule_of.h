// A rule compiled from the few lines of YAML that a test is about.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/rule/rule_compiler.h"

namespace keywatch::tests {

inline constexpr char kRuleId[] = "11111111-2222-4333-8444-555555555555";

// Queries: without state, with a count that only grows, and with one that must be complete first.
inline constexpr char kPurges[] =
    "AzureDiagnostics | where OperationName == 'SecretPurge' | project CallerIPAddress";
inline constexpr char kRefusals[] =
    "AzureDiagnostics | where httpStatusCode_d == 403\n"
    "  | summarize N = count() by CallerIPAddress | where N >= 3";
inline constexpr char kQuiet[] =
    "AzureDiagnostics | summarize N = count() by CallerIPAddress | where N < 2";

// A scheduled rule over the last hour with this query and, after the fixed fields, `more` YAML.
// Its name is "Rule". A mistake fails the test.
inline rule::CompiledRule RuleOf(const std::string& query,
                                 const std::string& more = "",
                                 const std::string& id = kRuleId) {
  std::string yaml = "id: " + id +
                     "\nname: Rule\ndescription: About it.\nkind: Scheduled\nseverity: Low\n"
                     "queryFrequency: 5m\nqueryPeriod: 1h\ntriggerOperator: gt\n"
                     "triggerThreshold: 0\ntactics: [Impact]\nrelevantTechniques: [T1485]\n"
                     "version: 1.2.3\n" +
                     more + "query: |\n  " + query + "\n";
  rule::RuleLoad load = rule::ParseRule({"rule.yaml", yaml, 1, 0});
  if (!load.rule) {
    ADD_FAILURE() << Format(load.source, load.diagnostics);
    std::abort();
  }
  rule::RuleCompilation compilation =
      rule::CompileRule(*load.rule, record::SchemaCatalog::Builtin());
  if (!compilation.compiled) {
    ADD_FAILURE() << Format(load.rule->query, compilation.in_query)
                  << Format(load.source, compilation.in_file);
    std::abort();
  }
  return *std::move(compilation.compiled);
}

}  // namespace keywatch::tests
