#include "app/page/api.h"

#include <string_view>

#include <fmt/format.h>

#include "app/page/json_slices.h"
#include "app/page/rules_page.h"
#include "engine/record/dynamic.h"

namespace keywatch::app::page {
namespace {

// Members and elements with their commas.
class JsonWriter {
 public:
  explicit JsonWriter(std::string* out) : out_(*out) {}

  void Open(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void Close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void Element() {
    if (!first_)
      out_ += ',';
    first_ = false;
  }
  void Name(const char* name) {
    Element();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void List(const char* name) {
    Name(name);
    Open('[');
  }
  void Object(const char* name) {
    Name(name);
    Open('{');
  }
  // What is JSON already.
  void Raw(const char* name, std::string_view json) {
    Name(name);
    out_ += json.empty() ? "null" : json;
  }
  void Text(const char* name, std::string_view text) {
    Name(name);
    record::AppendJsonString(text, &out_);
  }
  void TextElement(std::string_view text) {
    Element();
    record::AppendJsonString(text, &out_);
  }
  template <class Value>
  void Number(const char* name, Value value) {
    Name(name);
    out_ += fmt::format("{}", value);
  }
  void Bool(const char* name, bool value) { Raw(name, value ? "true" : "false"); }
  void Time(const char* name, Ticks time) {
    if (time <= 0)
      return Raw(name, "null");
    Text(name, record::FormatDatetime(time));
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void WriteDeliveries(const char* name,
                     const std::vector<state::DeliveryState>& deliveries,
                     JsonWriter* json) {
  json->List(name);
  for (const state::DeliveryState& delivery : deliveries) {
    json->Element();
    json->Open('{');
    json->Text("sink", delivery.sink);
    json->Text("state", delivery.state);
    json->Number("attempts", delivery.attempts);
    json->Time("nextAttempt", delivery.state == "pending" ? delivery.next_attempt : 0);
    json->Text("lastError", delivery.last_error);
    json->Time("changed", delivery.changed);
    json->Close('}');
  }
  json->Close(']');
}

void WriteSummary(const AlertEntry& entry, bool with_deliveries, JsonWriter* json) {
  std::vector<JsonMember> members = JsonMembers(entry.stored.json);
  json->Open('{');
  json->Number("seq", entry.stored.seq);
  json->Text("id", entry.stored.id);
  json->Time("created", entry.stored.created);
  json->Text("severity", entry.stored.severity);
  json->Object("rule");
  json->Text("id", entry.stored.rule_id);
  json->Text("name", entry.view.rule_name);
  json->Close('}');
  json->Text("title", entry.view.title);
  json->Raw("tactics", JsonValue(members, "tactics"));
  json->Raw("entities", JsonValue(members, "entities"));
  json->List("resources");
  for (const std::string& resource : entry.view.resources)
    json->TextElement(resource);
  json->Close(']');
  json->Time("firstEvent", entry.view.first_event);
  json->Time("lastEvent", entry.view.last_event);
  if (with_deliveries)
    WriteDeliveries("deliveries", entry.deliveries, json);
  json->Text("path", "/alerts/" + entry.stored.id);
  json->Close('}');
}

void WriteRule(const ServiceView& service, const pipeline::RuleReport& report, JsonWriter* json) {
  const rule::Rule& rule = *report.rule;
  const pipeline::WorkerView& worker = *service.worker;
  json->Element();
  json->Open('{');
  json->Text("id", rule.id);
  json->Text("name", rule.name);
  json->Text("version", rule.version);
  json->Text("sha256", rule.sha256);
  json->Text("kind", rule::Name(rule.kind));
  json->Text("severity", rule::Name(rule.severity));
  json->Number("alerts", report.alerts);
  auto last = service.last_alert.find(rule.id);
  json->Time("lastAlert", last == service.last_alert.end() ? 0 : last->second);
  json->Number("stateRows", report.state_rows);
  json->Number("stateGroups", report.state_partitions);
  json->Number("lateRows", report.late_rows);
  json->Number("evictions", report.evictions);
  json->Bool("learning", report.learning);
  json->Time("learningUntil", report.learning_until);
  json->Number("learned", LearningShare(report, worker.newest_event));
  json->Number("timeShare", CostShare(worker, report.busy));
  json->Close('}');
}

void WriteBlind(const pipeline::WorkerView& worker, JsonWriter* json) {
  json->List("blindIntervals");
  for (const pipeline::BlindInterval& interval : worker.blind) {
    bool gap = interval.kind == pipeline::BlindInterval::Kind::kGap;
    json->Element();
    json->Open('{');
    json->Text("kind", gap ? "gap" : "eviction");
    json->Text(gap ? "source" : "ruleId", interval.where);
    json->Time("from", interval.from);
    json->Time("to", interval.to);
    json->Number("count", interval.count);
    json->Time("noticed", interval.noticed);
    json->Close('}');
  }
  json->Close(']');
  json->Number("blindIntervalsDropped", worker.blind_forgotten);
}

}  // namespace

std::string AlertSummaryJson(const AlertEntry& entry, bool with_deliveries) {
  std::string out;
  JsonWriter json(&out);
  WriteSummary(entry, with_deliveries, &json);
  return out;
}

std::string AlertEndJson(const AlertView& end) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.Text("id", end.id);
  json.Time("ended", end.ended);
  json.Close('}');
  return out;
}

std::string AlertListJson(const AlertList& list) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.List("alerts");
  for (const AlertEntry& entry : list.alerts) {
    json.Element();
    WriteSummary(entry, true, &json);
  }
  json.Close(']');
  if (list.at_end) {
    json.Raw("next", "null");
  } else {
    AlertFilter older = list.filter;
    older.before = list.next_before;
    json.Text("next", "/api/v1/alerts" + ToQuery(older));
  }
  json.Close('}');
  return out + "\n";
}

std::string AlertJson(const AlertEntry& entry) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.Number("seq", entry.stored.seq);
  json.Time("created", entry.stored.created);
  WriteDeliveries("deliveries", entry.deliveries, &json);
  json.Time("ended", entry.ended);
  WriteDeliveries("endDeliveries", entry.end_deliveries, &json);
  json.Raw("alert", entry.stored.json);
  json.Close('}');
  return out + "\n";
}

std::string RulesJson(const ServiceView& service) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.List("rules");
  if (service.worker != nullptr) {
    for (const pipeline::RuleReport& report : service.worker->rules)
      WriteRule(service, report, &json);
  }
  json.Close(']');
  json.Number(
      "scanTimeShare",
      service.worker == nullptr ? 0.0 : CostShare(*service.worker, service.worker->scan_time));
  json.Close('}');
  return out + "\n";
}

std::string SourcesJson(const ServiceView& service) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.List("sources");
  if (service.worker != nullptr) {
    for (const pipeline::SourceView& source : service.worker->sources) {
      json.Element();
      json.Open('{');
      json.Text("name", source.name);
      json.Bool("connected", source.health.connected);
      json.Bool("assigned", source.health.assigned);
      json.Text("problem", source.health.problem);
      json.Number("lagRecords", source.health.lag_records);
      json.Number("records", source.records);
      json.Number("duplicates", source.duplicates);
      json.Number("rejected", source.rejected);
      json.Number("gaps", source.health.gaps);
      json.Number("gapRecords", source.health.gap_records);
      json.Time("newestEvent", source.newest_event);
      json.Time("lastRead", source.last_read);
      json.Close('}');
    }
  }
  json.Close(']');
  if (service.worker != nullptr) {
    json.Time("started", service.worker->started);
    json.Time("newestEvent", service.worker->newest_event);
    json.Time("watermark", service.worker->watermark);
    json.Time("lastSnapshot", service.worker->last_snapshot);
    WriteBlind(*service.worker, &json);
  }
  json.Close('}');
  return out + "\n";
}

std::string SinksJson(const ServiceView& service) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.List("sinks");
  for (const pipeline::SinkHealth& sink : service.sinks) {
    json.Element();
    json.Open('{');
    json.Text("name", sink.name);
    json.Number("queued", sink.queued);
    json.Bool("healthy", sink.healthy);
    json.Text("problem", sink.problem);
    json.Time("lastAccepted", sink.accepted);
    json.Close('}');
  }
  json.Close(']');
  json.Close('}');
  return out + "\n";
}

std::string ErrorJson(const std::string& message) {
  std::string out;
  JsonWriter json(&out);
  json.Open('{');
  json.Text("error", message);
  json.Close('}');
  return out + "\n";
}

}  // namespace keywatch::app::page
