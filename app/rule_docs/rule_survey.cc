#include "app/rule_docs/rule_survey.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "app/coverage/coverage.h"
#include "connectors/decode/json_decoder.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/rule/rule_search.h"
#include "engine/rule/rule_test_file.h"

namespace keywatch::app {
namespace {

struct ServicesOf {
  bool vaults = false;
  bool hsms = false;
};

// Records of a test that are looked at.
constexpr size_t kMostRecords = 200;

// The tests beside the rule; none if there is no such file.
std::vector<rule::RuleTest> TestsOf(const rule::Rule& rule, RuleSurvey* out) {
  const std::string path = rule::TestFileOf(rule.path);
  if (std::error_code ignored; !std::filesystem::exists(path, ignored))
    return {};
  rule::RuleTestLoad load = rule::LoadRuleTests(path);
  out->report += Format(load.source, load.diagnostics);
  out->failed = out->failed || !load.file;
  return load.file ? std::move(load.file->tests) : std::vector<rule::RuleTest>();
}

bool IsHsmRecord(std::string json) {
  std::transform(json.begin(), json.end(), json.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return json.find("/MANAGEDHSMS/") != std::string::npos;
}

// Which services write the records of the tests that the rule lets through: what a plain record of
// an operation lacks (a setting, a reason) stands in these.
ServicesOf ServicesByTests(const rule::CompiledRule& compiled,
                           const std::vector<rule::RuleTest>& tests) {
  ServicesOf out;
  pipeline::RuleEngine engine({compiled}, record::SchemaCatalog::Builtin(), {});
  decode::JsonDecoder decoder(engine.layout());
  const std::string origin = "test";
  record::RecordBatch rows;
  for (const rule::RuleTest& test : tests) {
    const size_t step = test.records.size() / kMostRecords + 1;
    for (size_t i = 0; i < test.records.size(); i += step) {
      pipeline::RawBatch batch;
      batch.messages.push_back({&origin, 0, test.records[i].json, 0});
      batch.read_time = test.records[i].arrival;
      size_t next = 0;
      decoder.Decode(batch, &next, &rows, [](const pipeline::RejectedRecord&) {});
      if (engine.Watched(rows)[0].empty())
        continue;
      (IsHsmRecord(test.records[i].json) ? out.hsms : out.vaults) = true;
    }
  }
  return out;
}

}  // namespace

RuleSurvey SurveyRules(const std::vector<std::string>& paths) {
  RuleSurvey out;
  std::vector<std::vector<rule::RuleTest>> tests;  // by rule
  for (rule::LoadedRule& loaded : rule::LoadAndCompile(paths, record::SchemaCatalog::Builtin())) {
    out.report += loaded.report;
    out.failed = out.failed || loaded.has_errors;
    if (!loaded.compiled)
      continue;
    tests.push_back(TestsOf(loaded.compiled->rule, &out));
    out.tests.push_back(tests.back().size());
    out.rules.push_back(std::move(*loaded.compiled));
  }
  const Coverage coverage = CoverageProbe(out.rules).Known();
  for (size_t rule = 0; rule < out.rules.size(); ++rule) {
    ServicesOf services{coverage.of_vaults.contains(rule), coverage.of_hsms.contains(rule)};
    if (!services.vaults && !services.hsms)
      services = ServicesByTests(out.rules[rule], tests[rule]);
    std::vector<std::string>& names = out.services.emplace_back();
    if (services.vaults)
      names.emplace_back("Key Vault");
    if (services.hsms)
      names.emplace_back("Managed HSM");
    // While its watchlist is empty the rule has nothing to wait for, and reads no record.
    if (names.empty() && out.rules[rule].rule.query.text.find("_GetWatchlist") != std::string::npos)
      names.emplace_back("what a watchlist names");
  }
  return out;
}

std::vector<DocumentedRule> Documented(const RuleSurvey& survey) {
  std::vector<DocumentedRule> out;
  for (size_t rule = 0; rule < survey.rules.size(); ++rule)
    out.push_back({&survey.rules[rule], survey.services[rule], survey.tests[rule]});
  return out;
}

}  // namespace keywatch::app
