// Rule files -> what a page about them says: compiled rules, the services that they watch, their
// tests.
#pragma once

#include <string>
#include <vector>

#include "app/rule_docs/rule_reference.h"
#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

struct RuleSurvey {
  std::vector<rule::CompiledRule> rules;
  std::vector<size_t> tests;                       // by rule
  std::vector<std::vector<std::string>> services;  // by rule
  std::string report;                              // what is wrong with files; warnings too
  bool failed = false;                             // a file cannot be used
};

// Every rule file below `paths`, with the test file beside each.
RuleSurvey SurveyRules(const std::vector<std::string>& paths);

// Points into `survey`.
std::vector<DocumentedRule> Documented(const RuleSurvey& survey);

}  // namespace keywatch::app
