// The parameters of a rule: the `let` statements of its query that name a constant, which a site
// may fit to itself. `let threshold = 10;  // calls an hour` is one; a let over a table is none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/rule/rule.h"

namespace keywatch::rule {

enum class ParameterKind {
  kNumber,    // int, long, real, decimal
  kTimespan,  // 10m
  kBool,
  kText,
  kList,   // dynamic(..)
  kOther,  // datetime, guid
};

struct RuleParameter {
  std::string name;
  ParameterKind kind = ParameterKind::kOther;
  std::string value;    // KQL, as written
  SourceSpan span;      // of the value, in the query
  std::string comment;  // what stands behind it on its line, without the slashes
};

// A let whose value is computed or a table.
struct ComputedLet {
  std::string name;
  SourceSpan span;  // of the name, in the query
};

struct RuleLets {
  std::vector<RuleParameter> parameters;  // in the order written
  std::vector<ComputedLet> computed;
};

// Of a query that parses; of another, what could be read.
RuleLets LetsOf(const SourceText& query);

// The rule with `value`, which is KQL, in the place of the parameter's.
Rule WithParameter(const Rule& rule, const RuleParameter& parameter, std::string_view value);

}  // namespace keywatch::rule
