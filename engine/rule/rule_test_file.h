// Rule tests: `<rule>.test.yaml` -> records in the order in which they arrive, and the alerts that
// they must raise, no others. docs/rule-tests.md describes the format for authors.
//
// Values only: what runs them feeds `records` in order, sets its clock to each record's arrival,
// and lets time go on after the last one until nothing can change any more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/rule/rule.h"

namespace keywatch::rule {

struct TestRecord {
  record::Ticks time = 0;     // event time, as in the record unless that is raw
  record::Ticks arrival = 0;  // when it is read; not before `time`
  std::string json;           // one AuditEvent
};

struct ExpectedAlert {
  int64_t count = 1;
  std::optional<AlertSeverity> severity;
  std::optional<std::string> title;
  std::optional<record::Ticks> at;  // the first instant at which the rule holds
  // Name -> text. An entity is named by its type, or by type and identifier: "Account.AadUserId".
  std::vector<std::pair<std::string, std::string>> entities;
  std::vector<std::pair<std::string, std::string>> details;
  std::vector<std::pair<std::string, std::string>> row;
  SourceSpan span;
};

struct RuleTest {
  std::string name;
  record::Ticks start = 0;
  bool raise_while_learning = false;
  std::vector<TestRecord> records;
  // Watchlist -> its rows; those that are not named here are empty.
  std::map<std::string, std::vector<std::vector<std::pair<std::string, std::string>>>> watchlists;
  std::vector<ExpectedAlert> alerts;  // empty: the rule must stay silent
  SourceSpan span;
};

struct RuleTestFile {
  std::string path;
  std::string rule_path;
  std::vector<RuleTest> tests;
};

struct RuleTestLoad {
  std::optional<RuleTestFile> file;  // present exactly if there is no error
  Diagnostics diagnostics;           // spans index into `source`
  SourceText source;
};

// Bounds of one test.
inline constexpr size_t kMaxTestRecords = 200'000;

RuleTestLoad ParseRuleTests(SourceText source);
RuleTestLoad LoadRuleTests(const std::string& path);

}  // namespace keywatch::rule
