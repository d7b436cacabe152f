#include "engine/rule/rule_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/base/crypto.h"
#include "engine/base/utf8.h"
#include "engine/rule/alert_fields.h"
#include "engine/rule/attack_catalog.h"
#include "engine/rule/duration.h"
#include "engine/rule/entity_catalog.h"
#include "engine/rule/rule_search.h"
#include "engine/rule/yaml_fields.h"

namespace keywatch::rule {
namespace {

using record::Ticks;

constexpr size_t kMaxQueryCharacters = 10'000;
constexpr int64_t kMaxThreshold = 10'000;
constexpr Ticks kShortestSchedule = 5 * record::kTicksPerMinute;
constexpr Ticks kLongestSchedule = 14 * record::kTicksPerDay;

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

bool IsGuid(std::string_view text) {
  if (text.size() != 36)
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
      return false;
    }
  }
  return true;
}

bool IsTechnique(std::string_view text) {
  if (text.size() != 5 && text.size() != 9)
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0 ? text[i] != 'T' : i == 5 ? text[i] != '.' : std::isdigit(text[i]) == 0)
      return false;
  }
  return true;
}

bool IsVersion(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') == 2 &&
         text.find_first_not_of("0123456789.") == std::string_view::npos && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos;
}

// Reads one rule file, field group by field group.
class RuleReader {
 public:
  RuleReader(const SourceText& file, const YamlNode& root, Diagnostics* diagnostics)
      : file_(file), diagnostics_(diagnostics), fields_(root, "a rule", diagnostics) {}

  Rule Read() {
    ReadIdentity();
    ReadClassification();
    ReadQuery();
    if (rule_.kind == Kind::kScheduled) {
      ReadSchedule();
    } else {
      IgnoreSchedule();
    }
    ReadSuppression();
    ReadAlertShape();
    ReadIgnored();
    fields_.Finish(Severity::kWarning);
    return std::move(rule_);
  }

 private:
  void ReadIdentity() {
    if (const YamlNode* id = fields_.Require("id")) {
      rule_.spans.id = id->span;
      rule_.id = Lower(ReadText(*id, "id", diagnostics_).value_or(""));
      if (id->is_scalar() && !IsGuid(rule_.id)) {
        diagnostics_->Error(id->span,
                            fmt::format("id: expected a GUID, found {}", rule_.id.substr(0, 80)),
                            "uuidgen makes one; alerts carry it, so keep it for the rule's life");
      }
    }
    if (const YamlNode* name = fields_.Require("name")) {
      rule_.spans.name = name->span;
      rule_.name = ReadText(*name, "name", diagnostics_).value_or("");
      if (name->is_scalar() && rule_.name.find_first_not_of(" \t\r\n") == std::string::npos) {
        diagnostics_->Error(name->span, "name: expected text, found none");
      }
    }
    rule_.description = fields_.Text("description").value_or("");
    rule_.status = fields_.Text("status").value_or("");
    rule_.enabled = fields_.Bool("enabled").value_or(true);
    if (const YamlNode* version = fields_.Find("version")) {
      rule_.version = ReadText(*version, "version", diagnostics_).value_or("");
      if (version->is_scalar() && (rule_.version.empty() || !IsVersion(rule_.version))) {
        diagnostics_->Warning(
            version->span,
            fmt::format("version: expected a.b.c, found {}", rule_.version.substr(0, 80)));
      }
    }
  }

  void ReadClassification() {
    if (const YamlNode* kind = fields_.Require("kind")) {
      rule_.spans.kind = kind->span;
      std::optional<size_t> which = ReadName(*kind, "kind", {"Scheduled", "NRT"}, diagnostics_);
      if (which)
        rule_.kind = static_cast<Kind>(*which);
    }
    if (const YamlNode* severity = fields_.Require("severity")) {
      std::optional<size_t> which = ReadName(*severity, "severity", SeverityNames(), diagnostics_);
      if (which)
        rule_.severity = static_cast<AlertSeverity>(*which);
    }
    for (Located<std::string>& tactic : fields_.TextList("tactics")) {
      const std::vector<std::string>& known = Tactics();
      if (std::find(known.begin(), known.end(), tactic.value) == known.end()) {
        diagnostics_->Warning(tactic.span,
                              fmt::format("not a known tactic: {}", tactic.value),
                              NameHint(tactic.value, known));
      }
      rule_.tactics.push_back(std::move(tactic.value));
    }
    for (Located<std::string>& technique : fields_.TextList("relevantTechniques")) {
      if (!IsTechnique(technique.value)) {
        diagnostics_->Warning(
            technique.span,
            fmt::format("expected a technique such as T1078 or T1078.001, found {}",
                        technique.value));
      } else if (technique.value[1] != '0' && !IsAttackTechnique(technique.value)) {
        // T0.. are those of industrial control systems, which Sentinel takes too.
        diagnostics_->Warning(
            technique.span,
            fmt::format(
                "ATT&CK Enterprise {} has no technique: {}", kAttackVersion, technique.value),
            "https://attack.mitre.org/techniques/enterprise/ lists them");
      }
      rule_.techniques.push_back(std::move(technique.value));
    }
  }

  void ReadQuery() {
    const YamlNode* query = fields_.Require("query");
    if (query == nullptr)
      return;
    rule_.spans.query = query->span;
    if (!ReadText(*query, "query", diagnostics_))
      return;
    rule_.query = ScalarSource(file_, *query);
    if (query->scalar.find_first_not_of(" \t\r\n") == std::string::npos) {
      diagnostics_->Error(query->span, "query: expected KQL, found nothing");
    }
    if (size_t length = CountCodePoints(query->scalar); length > kMaxQueryCharacters) {
      diagnostics_->Error(
          query->span,
          fmt::format(
              "query: expected at most {} characters, found {}", kMaxQueryCharacters, length));
    }
  }

  // A queryFrequency or queryPeriod inside Sentinel's bounds.
  Ticks ReadSpan(std::string_view key, SourceSpan* span) {
    const YamlNode* node = fields_.Require(key);
    if (node == nullptr)
      return 0;
    *span = node->span;
    std::optional<Ticks> duration = ReadDuration(*node, key, diagnostics_);
    if (!duration)
      return 0;
    if (*duration < kShortestSchedule || *duration > kLongestSchedule) {
      diagnostics_->Error(node->span,
                          fmt::format("{}: expected 5m to 14d, found {}", key, node->scalar));
      return 0;
    }
    return *duration;
  }

  void ReadSchedule() {
    rule_.query_frequency = ReadSpan("queryFrequency", &rule_.spans.query_frequency);
    rule_.query_period = ReadSpan("queryPeriod", &rule_.spans.query_period);
    bool both = rule_.query_frequency > 0 && rule_.query_period > 0;
    if (both && rule_.query_period < rule_.query_frequency) {
      diagnostics_->Error(
          rule_.spans.query_period,
          fmt::format("queryPeriod: expected at least queryFrequency ({}), found {}",
                      FormatDuration(rule_.query_frequency),
                      FormatDuration(rule_.query_period)),
          "otherwise no run would look at the time between two windows");
    }
    if (both && rule_.query_period >= 2 * record::kTicksPerDay &&
        rule_.query_frequency < record::kTicksPerHour) {
      diagnostics_->Error(
          rule_.spans.query_frequency,
          fmt::format("queryFrequency: expected at least 1h, because queryPeriod is "
                      "2d or more, found {}",
                      FormatDuration(rule_.query_frequency)));
    }
    if (const YamlNode* trigger = fields_.Require("triggerOperator")) {
      rule_.spans.trigger = trigger->span;
      static const std::vector<std::string> names = {
          "gt", "lt", "eq", "ne", "GreaterThan", "LessThan", "Equal", "NotEqual"};
      std::optional<size_t> which = ReadName(*trigger, "triggerOperator", names, diagnostics_);
      if (which)
        rule_.trigger_operator = static_cast<TriggerOperator>(*which % 4);
    }
    if (const YamlNode* threshold = fields_.Require("triggerThreshold")) {
      rule_.trigger_threshold =
          ReadInteger(*threshold, "triggerThreshold", 0, kMaxThreshold, diagnostics_).value_or(0);
      if (rule_.trigger_threshold == 0 && rule_.trigger_operator == TriggerOperator::kLessThan &&
          threshold->is_scalar()) {
        diagnostics_->Error(threshold->span, "triggerThreshold: fewer than 0 rows can never be");
      }
    }
  }

  void IgnoreSchedule() {
    constexpr std::array<std::string_view, 4> kScheduleFields = {
        "queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"};
    for (std::string_view key : kScheduleFields) {
      const YamlNode* node = fields_.Find(key);
      if (node == nullptr)
        continue;
      diagnostics_->Warning(node->span,
                            fmt::format("an NRT rule has no schedule: {} is ignored", key),
                            "kind: Scheduled takes it");
    }
    rule_.query_frequency = record::kTicksPerMinute;
    rule_.query_period = record::kTicksPerMinute;
  }

  void ReadSuppression() {
    rule_.suppression_enabled = fields_.Bool("suppressionEnabled").value_or(false);
    const YamlNode* duration = fields_.Find("suppressionDuration");
    if (duration == nullptr) {
      if (rule_.suppression_enabled) {
        diagnostics_->Error(rule_.spans.name,
                            "suppressionEnabled is true, but suppressionDuration is missing");
      }
      return;
    }
    rule_.spans.suppression = duration->span;
    std::optional<Ticks> ticks = ReadDuration(*duration, "suppressionDuration", diagnostics_);
    if (!ticks)
      return;
    rule_.suppression_duration = *ticks;
    if (*ticks == 0 || *ticks > record::kTicksPerDay) {
      diagnostics_->Error(duration->span,
                          fmt::format("suppressionDuration: expected more than 0 and "
                                      "at most 24h, found {}",
                                      duration->scalar));
    } else if (rule_.suppression_enabled && *ticks < rule_.query_frequency) {
      diagnostics_->Warning(duration->span,
                            "suppressionDuration is shorter than queryFrequency: "
                            "Sentinel would suppress nothing");
    }
  }

  void ReadAlertShape() {
    if (const YamlNode* node = fields_.Find("entityMappings")) {
      rule_.spans.entity_mappings = node->span;
      rule_.entity_mappings = ReadEntityMappings(*node, diagnostics_);
    }
    if (const YamlNode* node = fields_.Find("customDetails")) {
      rule_.spans.custom_details = node->span;
      rule_.custom_details = ReadCustomDetails(*node, diagnostics_);
    }
    if (const YamlNode* node = fields_.Find("alertDetailsOverride")) {
      rule_.spans.alert_override = node->span;
      rule_.alert_override = ReadAlertOverride(file_, *node, diagnostics_);
    }
    if (const YamlNode* node = fields_.Find("eventGroupingSettings")) {
      rule_.spans.grouping = node->span;
      FieldReader grouping(*node, "eventGroupingSettings", diagnostics_);
      std::optional<size_t> which =
          grouping.Name("aggregationKind", {"SingleAlert", "AlertPerResult"});
      if (which)
        rule_.grouping = static_cast<Grouping>(*which);
      grouping.Finish(Severity::kWarning);
    }
  }

  void ReadIgnored() {
    if (const YamlNode* node = fields_.Find("incidentConfiguration")) {
      diagnostics_->Warning(node->span,
                            "incidentConfiguration is not evaluated: keywatch raises "
                            "alerts and groups none into incidents");
    }
    if (const YamlNode* node = fields_.Find("sentinelEntitiesMappings")) {
      diagnostics_->Warning(node->span, "sentinelEntitiesMappings is not evaluated");
    }
    // What these say has no meaning outside Sentinel's content hub.
    fields_.Accept({"requiredDataConnectors",
                    "metadata",
                    "tags",
                    "descriptionDetailed",
                    "isConditional",
                    "templateVersion",
                    "alertRuleTemplateName"});
  }

  const SourceText& file_;
  Diagnostics* diagnostics_;
  FieldReader fields_;
  Rule rule_;
};

}  // namespace

RuleLoad ParseRule(SourceText source) {
  RuleLoad load;
  load.source = std::move(source);
  std::optional<YamlNode> root = ParseYaml(load.source, &load.diagnostics);
  if (!root)
    return load;
  if (!root->is_map()) {
    load.diagnostics.Error(
        root->span,
        fmt::format("a rule file: expected a map of fields, found {}", Describe(*root)),
        "one file holds one rule: id: .., name: .., query: ..");
    return load;
  }
  Rule rule = RuleReader(load.source, *root, &load.diagnostics).Read();
  if (load.diagnostics.has_errors())
    return load;
  rule.path = load.source.name;
  rule.sha256 = Sha256Hex(load.source.text);
  load.rule = std::move(rule);
  return load;
}

RuleLoad LoadRule(const std::string& path) {
  Result<std::string> bytes = ReadTextFile(path);
  if (bytes.has_value())
    return ParseRule({path, std::move(*bytes), 1, 0});
  RuleLoad load;
  load.source.name = path;
  load.diagnostics.Error({}, bytes.error().message());
  return load;
}

std::vector<RuleLoad> LoadRules(const std::vector<std::string>& paths) {
  std::vector<RuleLoad> loads;
  FoundFiles found = FindRuleFiles(paths);
  std::map<std::string, std::string> path_of_id;
  for (const std::string& path : found.paths) {
    RuleLoad load = LoadRule(path);
    if (load.rule) {
      auto [first, is_new] = path_of_id.emplace(load.rule->id, path);
      if (!is_new) {
        load.diagnostics.Error(
            load.rule->spans.id,
            fmt::format(
                "this id belongs to another rule already: {} in {}", load.rule->id, first->second),
            "give one of the two a new id (uuidgen)");
        load.rule.reset();
      }
    }
    loads.push_back(std::move(load));
  }
  for (const SearchProblem& problem : found.problems) {
    RuleLoad load;
    load.source.name = problem.path;
    load.diagnostics.Error({}, problem.message);
    loads.push_back(std::move(load));
  }
  return loads;
}

}  // namespace keywatch::rule
