#include "engine/pipeline/alert_builder.h"

#include "engine/alert/alert_id.h"

namespace keywatch::pipeline {

using record::Row;
using record::Schema;
using record::Value;

namespace {

// The text of a column of the result row; the compiler has checked that it exists.
std::string TextOf(const Schema& schema, const Row& row, const std::string& column) {
  return record::ToText(row[*schema.Find(column)]);
}

std::string Fill(const rule::TextTemplate& text, const Schema& schema, const Row& row) {
  std::string out;
  for (const rule::TemplatePart& part : text.parts) {
    out += part.is_column ? TextOf(schema, row, part.text) : part.text;
  }
  return out;
}

std::vector<alert::Entity> Entities(const rule::Rule& rule, const Schema& schema, const Row& row) {
  std::vector<alert::Entity> out;
  for (const rule::EntityMapping& mapping : rule.entity_mappings) {
    alert::Entity entity{mapping.type, {}};
    for (const rule::EntityField& field : mapping.fields) {
      std::string text = TextOf(schema, row, field.column.value);
      if (!text.empty())
        entity.identifiers.emplace_back(field.identifier, std::move(text));
    }
    if (!entity.identifiers.empty())
      out.push_back(std::move(entity));
  }
  return out;
}

}  // namespace

alert::Alert BuildAlert(const rule::CompiledRule& compiled,
                        delta::Finding finding,
                        record::Ticks evaluated) {
  const rule::Rule& rule = compiled.rule;
  const Schema& schema = compiled.plan->schema;
  const rule::AlertOverride& over = rule.alert_override;
  alert::Alert out;
  out.id = alert::AlertId(rule.id, finding.key, finding.start);
  out.rule = {rule.id, rule.name, rule.version, rule::Name(rule.kind), rule.sha256};
  out.severity = rule::Name(rule.severity);
  out.tactics = rule.tactics;
  out.techniques = rule.techniques;
  out.title = over.title ? Fill(*over.title, schema, finding.row) : rule.name;
  out.description =
      over.description ? Fill(*over.description, schema, finding.row) : rule.description;
  if (over.severity_column) {
    std::string text = TextOf(schema, finding.row, over.severity_column->value);
    if (auto severity = rule::ParseSeverity(text))
      out.severity = rule::Name(*severity);
  }
  if (over.tactics_column) {
    std::string text = TextOf(schema, finding.row, over.tactics_column->value);
    if (!text.empty())
      out.tactics = {text};
  }
  out.entities = Entities(rule, schema, finding.row);
  for (const rule::CustomDetail& detail : rule.custom_details) {
    out.custom_details.emplace_back(detail.name, finding.row[*schema.Find(detail.column.value)]);
  }
  out.interval_start = finding.start;
  out.first_event = finding.first_event;
  out.last_event = finding.last_event;
  for (size_t c = 0; c < schema.columns.size(); ++c) {
    out.row.emplace_back(schema.columns[c].name, std::move(finding.row[c]));
  }
  for (const record::EvidencePtr& evidence : finding.evidence)
    out.evidence.push_back(*evidence);
  out.latency.event = finding.last_event;
  if (!finding.evidence.empty()) {
    out.latency.broker = finding.evidence.back()->broker_time;
    out.latency.read = finding.evidence.back()->read_time;
  }
  out.latency.evaluated = evaluated;
  return out;
}

}  // namespace keywatch::pipeline
