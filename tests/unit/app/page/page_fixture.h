// A service with one rule, one source, one sink and one alert, for the tests of what is drawn.
#pragma once

#include <memory>
#include <string>

#include "app/page/model.h"
#include "engine/alert/alert_json.h"

namespace keywatch::app::page {

struct PageFixture {
  static constexpr Ticks kNow = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

  // Every text that comes from outside is `text`, or contains it.
  explicit PageFixture(const std::string& text) {
    rule.id = "b1f5a5c5-0000-0000-0000-000000000001";
    rule.name = "Rule " + text;
    rule.description = text;
    rule.version = text;
    rule.sha256 = std::string(64, 'a');
    rule.query.text = "AzureDiagnostics | where x == '" + text + "'";
    rule.query_period = record::kTicksPerHour;
    rule.query_frequency = 5 * record::kTicksPerMinute;
    rule.tactics = {text};
    pipeline::RuleReport report;
    report.rule = &rule;
    report.alerts = 1234;
    report.learning = true;
    report.learning_since = kNow - 100;
    report.learning_until = kNow + 300;
    report.busy = 75;
    auto worker = std::make_shared<pipeline::WorkerView>();
    worker->newest_event = kNow;
    worker->watermark = kNow - record::kTicksPerMinute;
    worker->started = kNow - record::kTicksPerHour;
    worker->scan_time = 25;
    worker->rules.push_back(report);
    pipeline::SourceView source;
    source.name = text;
    source.health.problem = text;
    source.health.gaps = 1;
    source.records = 40'057;
    worker->sources.push_back(source);
    worker->blind.push_back(
        {pipeline::BlindInterval::Kind::kGap, text, kNow, kNow, kNow - 50, 0, 17});
    service.now = kNow;
    service.version = "9.9";
    service.problems = {"problem " + text};
    service.worker = worker;
    pipeline::SinkHealth sink;
    sink.name = text;
    sink.problem = text;
    sink.healthy = false;
    sink.queued = 3;
    service.sinks.push_back(sink);
    service.minutes = MinuteCounts().Last(kNow);
    service.last_alert[rule.id] = kNow - record::kTicksPerMinute;
    AddAlert(text);
  }

  void AddAlert(const std::string& text) {
    alert::Alert alert;
    alert.id = "00112233445566778899aabbccddeeff";
    alert.rule = {rule.id, rule.name, text, "Scheduled", rule.sha256};
    alert.severity = "High";
    alert.tactics = {text};
    alert.techniques = {text};
    alert.title = "Title " + text;
    alert.description = text;
    alert.entities = {{text, {{text, text}, {"ResourceId", "/x/" + text}}}};
    alert.custom_details = {{text, record::Value::String(text)}};
    alert.row = {{text, record::Value::String(text)}};
    alert.first_event = alert.last_event = alert.interval_start = kNow;
    alert.latency = {kNow, kNow + 10, kNow + 20, kNow + 30};
    record::Evidence evidence;
    evidence.record = "{\"operationName\": " + text;  // no JSON: kept as a string
    evidence.origin = text;
    alert.evidence.push_back(evidence);
    evidence.record = R"({"time":"2024-10-04T00:00:00Z","operationName":"KeyGet"})";
    alert.evidence.push_back(evidence);
    entry.stored = {
        7, alert.id, rule.id, "High", kNow - 5 * record::kTicksPerSecond, alert::ToJson(alert)};
    entry.view = ReadAlert(entry.stored.json);
    entry.deliveries = {{text, "pending", 2, kNow + record::kTicksPerMinute, text, kNow}};
    list.alerts.push_back(entry);
  }

  rule::Rule rule;
  ServiceView service;
  AlertEntry entry;
  AlertList list;
};

}  // namespace keywatch::app::page
