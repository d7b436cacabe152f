#include "app/page/rule_text.h"

#include <fmt/format.h>

#include "app/page/format_text.h"

namespace keywatch::app::page {

std::string TriggerText(const rule::Rule& rule) {
  if (rule.kind == rule::Kind::kNrt)
    return "Fires for every row that the query gives (near real time).";
  const char* comparison = "";
  switch (rule.trigger_operator) {
    case rule::TriggerOperator::kGreaterThan:
      comparison = "more than";
      break;
    case rule::TriggerOperator::kLessThan:
      comparison = "fewer than";
      break;
    case rule::TriggerOperator::kEqual:
      comparison = "exactly";
      break;
    case rule::TriggerOperator::kNotEqual:
      comparison = "any number but";
      break;
  }
  return fmt::format(
      "Fires when the query over the last {} gives {} {} {}. Sentinel would run it every {}; here "
      "it "
      "is evaluated with each record.",
      FormatSpan(rule.query_period),
      comparison,
      rule.trigger_threshold,
      rule.trigger_threshold == 1 ? "row" : "rows",
      FormatSpan(rule.query_frequency));
}

}  // namespace keywatch::app::page
