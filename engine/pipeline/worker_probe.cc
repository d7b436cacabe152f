#include "engine/pipeline/worker_probe.h"

#include <algorithm>

#include "engine/pipeline/delivery_probe.h"

namespace keywatch::pipeline {
namespace {

const std::vector<std::string> kSeverities = {"Informational", "Low", "Medium", "High"};
const std::vector<double> kLagBuckets = {1, 5, 15, 60, 300, 600, 1800, 3600, 21600};
const std::vector<double> kFastBuckets = {.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5};

BlindProbe MakeBlindProbe(MetricRegistry* metrics, const char* reason) {
  Labels labels = {{"reason", reason}};
  return {metrics->AddCounter("keywatch_blind_intervals_total",
                              "Spans of event time in which something may not have been seen.",
                              labels),
          metrics->AddCounter("keywatch_blind_seconds_total",
                              "Event time that such spans cover, once their end is known.",
                              labels),
          metrics->AddGauge("keywatch_blind_last_noticed_timestamp_seconds",
                            "When a loss was last noticed, Unix seconds; 0: not since the start.",
                            labels)};
}

double UnixSecondsOrZero(record::Ticks time) { return time == 0 ? 0 : record::ToUnixSeconds(time); }

}  // namespace

const std::vector<std::string>& RejectReasons() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (size_t i = 0; i < kRejectReasons; ++i)
      all.emplace_back(ReasonName(static_cast<RejectReason>(i)));
    return all;
  }();
  return names;
}

WorkerProbe::WorkerProbe(MetricRegistry* metrics,
                         const std::vector<std::string>& source_names,
                         const std::vector<RuleReport>& reports,
                         size_t most_rows_per_rule) {
  for (const std::string& name : source_names) {
    Labels of_source = {{"source", name}};
    SourceProbe probe;
    probe.received = metrics->AddCounter(
        "keywatch_events_received_total", "Records read from a source and decoded.", of_source);
    probe.bytes =
        metrics->AddCounter("keywatch_source_bytes_total", "Bytes read from a source.", of_source);
    probe.duplicates = metrics->AddCounter(
        "keywatch_events_duplicate_total", "Records that were seen before.", of_source);
    for (const std::string& reason : RejectReasons()) {
      probe.rejected[reason] = metrics->AddCounter("keywatch_events_parse_errors_total",
                                                   "Records set aside by the decoder.",
                                                   {{"source", name}, {"reason", reason}});
    }
    probe.event_lag =
        metrics->AddHistogram("keywatch_event_time_lag_seconds",
                              "Read time minus event time of the newest record of a batch.",
                              kLagBuckets,
                              of_source);
    probe.connected =
        metrics->AddGauge("keywatch_source_connected", "1 connected, 0 not.", of_source);
    probe.lag_records =
        metrics->AddGauge("keywatch_source_lag_records",
                          "Records at the source that were not read yet; -1 unknown.",
                          of_source);
    probe.lag_records.Set(-1);
    probe.last_event = metrics->AddGauge("keywatch_source_last_event_timestamp_seconds",
                                         "Event time of the newest record.",
                                         of_source);
    probe.rules_held_back = metrics->AddGauge(
        "keywatch_source_rules_held_back",
        "Rules that raise nothing new because this source is not connected and they wait for it.",
        of_source);
    probe.watermark = metrics->AddGauge("keywatch_source_watermark_timestamp_seconds",
                                        "Event time up to which the input is complete as far as "
                                        "this source is concerned.",
                                        of_source);
    probe.gaps =
        metrics->AddCounter("keywatch_source_gaps_total",
                            "Times that records were gone at the source before they were read.",
                            of_source);
    probe.gap_records =
        metrics->AddCounter("keywatch_source_gap_records_total",
                            "Records gone at the source before they were read, where it can tell.",
                            of_source);
    for (size_t i = 0; i < kSourceErrors; ++i) {
      const std::string_view reason = SourceErrorName(static_cast<SourceError>(i));
      probe.errors[i] = metrics->AddCounter("keywatch_source_errors_total",
                                            "Failures of reading from a source, by reason.",
                                            {{"source", name}, {"reason", std::string(reason)}});
    }
    sources.push_back(std::move(probe));
  }
  for (const RuleReport& report : reports) {
    const std::string& id = report.rule->id;
    RuleProbe probe;
    for (const std::string& severity : kSeverities) {
      probe.matches[severity] = metrics->AddCounter("keywatch_rule_matches_total",
                                                    "Findings that became alerts.",
                                                    {{"rule_id", id}, {"severity", severity}});
    }
    probe.state_entries =
        metrics->AddGauge("keywatch_state_entries", "Rows held for a rule.", {{"rule_id", id}});
    probe.learning = metrics->AddGauge(
        "keywatch_rule_learning",
        "1 while a rule against a baseline raises nothing because its window is not covered yet.",
        {{"rule_id", id}});
    probe.evaluation =
        metrics->AddCounter("keywatch_rule_evaluation_seconds_total",
                            "Time spent on the rule alone, after the scan that all rules share.",
                            {{"rule_id", id}});
    probe.evictions = metrics->AddCounter("keywatch_state_evictions_total",
                                          "Partitions given up at the bound of a rule's state.",
                                          {{"rule_id", id}, {"reason", "rows"}});
    metrics
        ->AddGauge("keywatch_rule_info",
                   "What exactly runs.",
                   {{"rule_id", id},
                    {"name", report.rule->name},
                    {"version", report.rule->version},
                    {"sha256", report.rule->sha256}})
        .Set(1);
    rules[id] = std::move(probe);
  }
  for (const std::string& severity : kSeverities) {
    emitted[severity] = metrics->AddCounter(
        "keywatch_alerts_emitted_total", "Alerts handed to the sinks.", {{"severity", severity}});
  }
  late_evaluated =
      metrics->AddCounter("keywatch_events_late_total",
                          "Rows of rules that came behind the watermark, by what was done.",
                          {{"policy", "evaluated"}});
  watermark = metrics->AddGauge("keywatch_watermark_timestamp_seconds",
                                "Event time up to which input is complete.");
  batch_seconds = metrics->AddHistogram(
      "keywatch_batch_evaluation_seconds", "One batch through all rules.", kFastBuckets);
  for (const char* hop : {"enqueue", "read", "evaluate"}) {
    latency[hop] = metrics->AddHistogram(
        "keywatch_alert_latency_seconds", kLatencyHelp, HopBuckets(), {{"hop", hop}});
  }
  checkpoint_seconds =
      metrics->AddHistogram("keywatch_checkpoint_duration_seconds", "One snapshot.", HopBuckets());
  checkpoint_bytes = metrics->AddGauge("keywatch_checkpoint_size_bytes", "The last snapshot.");
  checkpoint_success = metrics->AddGauge("keywatch_checkpoint_last_success_timestamp_seconds",
                                         "When a snapshot was last made durable.");
  unsaved_since = metrics->AddGauge("keywatch_checkpoint_unsaved_since_timestamp_seconds",
                                    "When the first change was made that no snapshot on disk "
                                    "covers, Unix seconds; 0: all is saved.");
  metrics->AddGauge("keywatch_state_entries_limit", "Rows that one rule may hold.")
      .Set(static_cast<double>(most_rows_per_rule));
  scan_time = metrics->AddCounter("keywatch_scan_seconds_total",
                                  "Time spent on the scan that all rules share.");
  computed_bytes = metrics->AddGauge("keywatch_computed_columns_bytes",
                                     "Values remembered of what rules compute alike.");
  computed_resets = metrics->AddCounter("keywatch_computed_columns_resets_total",
                                        "How often these were at their bound and all forgotten.");
  gaps = MakeBlindProbe(metrics, "gap");
  evictions = MakeBlindProbe(metrics, "eviction");
  checkpoint_failures = metrics->AddCounter("keywatch_checkpoint_failures_total",
                                            "Snapshots that could not be written.",
                                            {{"reason", "disk"}});
}

void SourceProbe::Update(const SourceHealth& health) {
  connected.Set(health.connected ? 1 : 0);
  lag_records.Set(static_cast<double>(health.lag_records));
  gaps.Add(static_cast<double>(health.gaps) - gaps.Value());
  gap_records.Add(static_cast<double>(health.gap_records) - gap_records.Value());
  for (size_t i = 0; i < kSourceErrors; ++i)
    errors[i].Add(static_cast<double>(health.errors[i]) - errors[i].Value());
}

void BlindProbe::Update(const BlindIntervals::Totals& totals) {
  intervals.Add(static_cast<double>(totals.intervals) - intervals.Value());
  seconds.Add(std::max(0.0, record::ToSeconds(totals.span) - seconds.Value()));
  last_noticed.Set(UnixSecondsOrZero(totals.noticed));
}

void WorkerProbe::Update(const BlindIntervals& blind) {
  gaps.Update(blind.totals(BlindInterval::Kind::kGap));
  evictions.Update(blind.totals(BlindInterval::Kind::kEviction));
}

void WorkerProbe::Update(const SharedWork& shared, record::Ticks changed) {
  scan_time.Add(std::max(0.0, record::ToSeconds(shared.time) - scan_time.Value()));
  computed_bytes.Set(static_cast<double>(shared.remembered_bytes));
  computed_resets.Add(static_cast<double>(shared.resets) - computed_resets.Value());
  unsaved_since.Set(UnixSecondsOrZero(changed));
}

void WorkerProbe::TakeUp(const std::vector<RuleReport>& reports) {
  for (const RuleReport& report : reports) {
    rules.at(report.rule->id).evictions_counted = report.evictions;
    late_counted_ += report.late_rows;
  }
}

void WorkerProbe::Update(const std::vector<RuleReport>& reports,
                         record::Ticks complete,
                         record::Ticks lateness) {
  uint64_t late = 0;
  for (const RuleReport& report : reports) {
    RuleProbe& probe = rules.at(report.rule->id);
    probe.state_entries.Set(static_cast<double>(report.state_rows));
    probe.learning.Set(report.learning ? 1 : 0);
    probe.evaluation.Add(std::max(0.0, record::ToSeconds(report.busy) - probe.evaluation.Value()));
    probe.evictions.Add(static_cast<double>(report.evictions - probe.evictions_counted));
    probe.evictions_counted = report.evictions;
    late += report.late_rows;
  }
  if (late > late_counted_)
    late_evaluated.Add(static_cast<double>(late - late_counted_));
  late_counted_ = late;
  if (complete > 0)
    watermark.Set(record::ToUnixSeconds(complete - lateness));
}

}  // namespace keywatch::pipeline
