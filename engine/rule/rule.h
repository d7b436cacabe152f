// A Sentinel analytics rule as a value: what a rule file says, checked, with the place of
// everything that a later step may have to complain about.
//
// The query is kept as text with its own place in the file, so that a KQL mistake is shown at the
// line and column of the file that the author has open. All other spans are bytes of the rule file.
// Field meanings and limits: learn.microsoft.com/azure/sentinel/sentinel-analytic-rules-creation.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/source_text.h"
#include "engine/record/time.h"

namespace keywatch::rule {

enum class Kind { kScheduled, kNrt };
enum class AlertSeverity { kInformational, kLow, kMedium, kHigh };
enum class TriggerOperator { kGreaterThan, kLessThan, kEqual, kNotEqual };
enum class Grouping { kSingleAlert, kAlertPerResult };

// "Scheduled", "NRT"; "Informational" .. "High"; "gt" .. "ne".
const char* Name(Kind kind);
const char* Name(AlertSeverity severity);
const char* Name(TriggerOperator trigger);
// In the order of AlertSeverity.
const std::vector<std::string>& SeverityNames();
// Reads a severity in any case; null if it is none.
std::optional<AlertSeverity> ParseSeverity(std::string_view text);

// A value and where the file says it.
template <class T>
struct Located {
  T value{};
  SourceSpan span;
};

struct EntityField {
  std::string identifier;       // "AadUserId", "Address", ..
  Located<std::string> column;  // of the query's result
};

struct EntityMapping {
  std::string type;  // "Account", "IP", "AzureResource", ..
  std::vector<EntityField> fields;
  SourceSpan span;
};

struct CustomDetail {
  std::string name;
  Located<std::string> column;
};

// A text with `{{Column}}` placeholders, cut into its parts.
struct TemplatePart {
  bool is_column = false;
  std::string text;  // the literal text, or the column's name
  SourceSpan span;
};

struct TextTemplate {
  std::vector<TemplatePart> parts;
  SourceSpan span;
};

struct AlertOverride {
  std::optional<TextTemplate> title;
  std::optional<TextTemplate> description;
  std::optional<Located<std::string>> severity_column;
  std::optional<Located<std::string>> tactics_column;
  // alertDynamicProperties: name ("AlertLink", "RemediationSteps", ..) and column.
  std::vector<std::pair<std::string, Located<std::string>>> properties;
};

struct RuleSpans {
  SourceSpan id;
  SourceSpan name;
  SourceSpan kind;
  SourceSpan query;
  SourceSpan query_frequency;
  SourceSpan query_period;
  SourceSpan trigger;
  SourceSpan entity_mappings;
  SourceSpan custom_details;
  SourceSpan alert_override;
  SourceSpan grouping;
  SourceSpan suppression;
};

struct Rule {
  std::string path;    // as given to LoadRule
  std::string sha256;  // hex, of the file's bytes
  std::string id;      // a GUID, lower case
  std::string name;
  std::string description;
  std::string version;
  std::string status;
  Kind kind = Kind::kScheduled;
  bool enabled = true;
  AlertSeverity severity = AlertSeverity::kMedium;
  std::vector<std::string> tactics;
  std::vector<std::string> techniques;

  SourceText query;
  // Of an NRT rule, which has neither: one minute each, the trigger being any row.
  record::Ticks query_frequency = 0;
  record::Ticks query_period = 0;
  TriggerOperator trigger_operator = TriggerOperator::kGreaterThan;
  int64_t trigger_threshold = 0;

  std::vector<EntityMapping> entity_mappings;
  std::vector<CustomDetail> custom_details;  // in the order written
  AlertOverride alert_override;
  Grouping grouping = Grouping::kSingleAlert;
  bool suppression_enabled = false;
  record::Ticks suppression_duration = 0;

  RuleSpans spans;
};

}  // namespace keywatch::rule
