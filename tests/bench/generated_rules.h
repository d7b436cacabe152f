// Seeded rules for the benchmarks, and the evaluator that anyone would write first.
//
// Of ten rules six are stateless, three count in a sliding hour, one is an anti join against
// 14 days. On the records of decode_records.h one counting rule in three keeps a record of 200, the
// others one of 6,000, an anti join one of 500: a thousand rules keep about one row per record.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/rule/rule.h"

namespace keywatch::bench {

struct Condition {
  enum class Kind { kEqual, kEqualFold, kContains, kStartsWith, kIn, kAbove };
  Kind kind = Kind::kEqual;
  std::string column;
  std::vector<std::string> texts;  // kIn: several
  double number = 0;               // kAbove; kEqual of a number column
  bool is_number = false;
};

struct GeneratedRule {
  std::vector<Condition> all;
  // Counting rules: `count` records with one value of `by` within an hour.
  std::string by;
  size_t count = 0;
  // Anti joins: no record of this rule with this value of `by` in the 14 days before.
  bool baseline = false;
  [[nodiscard]] bool stateless() const { return by.empty(); }
};

// The first `count` rules of the seed; only stateless ones if asked for.
std::vector<GeneratedRule> GenerateRules(size_t count, bool stateless_only, unsigned seed);
rule::Rule ToSentinelRule(const GeneratedRule& rule, size_t number);

// Record by record, rule by rule: parse (simdjson DOM), look up each condition's member, compare.
class NaiveEvaluator {
 public:
  explicit NaiveEvaluator(std::vector<GeneratedRule> rules);
  ~NaiveEvaluator();
  // Returns the alerts of one message, -1 if it cannot be parsed.
  int64_t Message(std::string_view message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::bench
