// The metrics of delivery to one sink.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/metrics.h"

namespace keywatch::pipeline {

// Buckets of one hop of an alert's way, 1 ms to 60 s.
inline const std::vector<double>& HopBuckets() {
  static const std::vector<double> buckets = {.001, .005, .01, .05, .1, .5, 1, 2, 5, 10, 30, 60};
  return buckets;
}

inline constexpr char kLatencyHelp[] =
    "Time that an alert, or the record that decided it, took for one hop.";

// Every value that DeliveryResult::reason may have; anything else is counted as "other".
inline constexpr const char* kDeliveryReasons[] = {"timeout",
                                                   "refused",
                                                   "reset",
                                                   "dns",
                                                   "tls",
                                                   "policy",
                                                   "network",
                                                   "auth",
                                                   "gone",
                                                   "missing",
                                                   "too_large",
                                                   "redirect",
                                                   "throttled",
                                                   "http_4xx",
                                                   "http_5xx",
                                                   "file",
                                                   "other"};

class DeliveryProbe {
 public:
  DeliveryProbe(MetricRegistry* metrics, const std::string& sink) {
    Labels labels = {{"sink", sink}};
    queue_length =
        metrics->AddGauge("keywatch_sink_queue_length", "Alerts waiting for delivery.", labels);
    oldest =
        metrics->AddGauge("keywatch_sink_oldest_undelivered_timestamp_seconds",
                          "When the oldest waiting alert was raised, Unix seconds; 0: none waits.",
                          labels);
    circuit_open = metrics->AddGauge(
        "keywatch_sink_circuit_open", "1 while only single probes are sent.", labels);
    retries =
        metrics->AddCounter("keywatch_sink_retries_total", "Attempts after the first.", labels);
    duration = metrics->AddHistogram(
        "keywatch_sink_request_duration_seconds", "Duration of one attempt.", HopBuckets(), labels);
    outbox_errors = metrics->AddCounter(
        "keywatch_outbox_errors_total", "Failed reads and writes of the outbox.", labels);
    latency = metrics->AddHistogram(
        "keywatch_alert_latency_seconds", kLatencyHelp, HopBuckets(), {{"hop", "deliver"}});
    for (const char* outcome : {"accepted", "rejected", "expired"}) {
      deliveries_[outcome] = metrics->AddCounter("keywatch_sink_deliveries_total",
                                                 "Alerts that a sink is done with, by outcome.",
                                                 {{"sink", sink}, {"outcome", outcome}});
    }
    for (const char* reason : kDeliveryReasons) {
      failures_[reason] = metrics->AddCounter("keywatch_sink_failures_total",
                                              "Failed attempts, by reason.",
                                              {{"sink", sink}, {"reason", reason}});
      AddDeadLetters(metrics, sink, reason);
    }
    AddDeadLetters(metrics, sink, "expired");
    AddDeadLetters(metrics, sink, "attempts");
  }

  Counter& Failures(std::string_view reason) { return Of(failures_, reason); }
  Counter& DeadLetters(std::string_view reason) { return Of(dead_letters_, reason); }
  Counter& Deliveries(std::string_view outcome) { return deliveries_.find(outcome)->second; }

  Gauge queue_length;
  Gauge oldest;
  Gauge circuit_open;
  Counter retries;
  Counter outbox_errors;
  Histogram duration;
  Histogram latency;

 private:
  using Counters = std::map<std::string, Counter, std::less<>>;

  static Counter& Of(Counters& counters, std::string_view reason) {
    auto found = counters.find(reason);
    return found != counters.end() ? found->second : counters.find("other")->second;
  }
  void AddDeadLetters(MetricRegistry* metrics, const std::string& sink, const char* reason) {
    dead_letters_[reason] = metrics->AddCounter("keywatch_dlq_records_total",
                                                "Dead letters written, by reason.",
                                                {{"sink", sink}, {"reason", reason}});
  }

  Counters deliveries_;
  Counters failures_;
  Counters dead_letters_;
};

}  // namespace keywatch::pipeline
