// Sends alerts through the real path, as a peer for verify.mjs: Alert -> JSON -> outbox -> delivery
// -> signed webhook.
//   usage: webhook_send URL SECRET..       exit 0 when every alert was accepted
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "connectors/webhook/http_sink.h"
#include "connectors/webhook/webhook_signer.h"
#include "engine/alert/alert_id.h"
#include "engine/alert/alert_json.h"
#include "engine/base/crypto.h"
#include "engine/pipeline/delivery.h"
#include "engine/state/outbox.h"

namespace keywatch {
namespace {

using record::Value;

alert::Alert Example(int number) {
  alert::Alert out;
  out.rule = {"5b9d8a5e-0000-4000-8000-000000000001",
              "Repeated 403s",
              "1.0.0",
              "Scheduled",
              Sha256Hex("a rule file")};
  out.interval_start = record::kUnixEpoch + 20'000 * record::kTicksPerDay + number;
  out.id = alert::AlertId(out.rule.id, {Value::Long(number)}, out.interval_start);
  out.severity = "High";
  out.tactics = {"CredentialAccess"};
  out.techniques = {"T1110"};
  out.title = "403s by \"ada\" — é 🔑 \x01 \xff";
  out.description = "two\nlines";
  out.entities = {{"Account", {{"Name", "ada"}, {"UPNSuffix", "example.com"}}},
                  {"IP", {{"Address", "2001:db8::1"}}}};
  out.custom_details = {{"Denials", Value::Long(10)}};
  out.first_event = out.last_event = out.interval_start;
  out.latency = {out.interval_start, 0, out.interval_start + 1, out.interval_start + 2};
  out.row = {{"TimeGenerated", Value::Datetime(out.interval_start)},
             {"Share", Value::Real(0.0 / (number - 1.0))},
             {"Bag", Value::Of(record::Dynamic{record::Dynamic::Array(3)})},
             {"None", Value::Null(record::Type::kLong)},
             {"Span", Value::Timespan(-5)}};
  out.evidence = {{"{\"a\": 1.0,\r\n \"b\":\"\\u0041\"}", "topic/3", 42, 1},
                  {"{\"a\":1e999,\"b\":\"\\ud800\"}", "topic/3", 43, 0},
                  {"not json \xff", "file.json", 0, 0},
                  {"\"" + std::string(100'000, 'x') + "\"", "topic/0", 0, 0}};
  return out;
}

// A dead letter here is a failure of the test.
class NoDeadLetters : public pipeline::DeadLetters {
 public:
  Status AddAlert(const pipeline::DeadAlert& dead) override {
    std::fprintf(stderr, "given up: %s: %s\n", dead.reason.c_str(), dead.detail.c_str());
    return Unavailable("no dead letters here");
  }
};

int Send(const std::string& url, const std::vector<std::string>& secrets) {
  webhook::HttpSinkOptions options;
  options.name = "peer";
  options.url = url;
  options.format = [](const pipeline::OutgoingAlert& alert) -> Result<format::Message> {
    return format::Message{alert.json};
  };
  std::vector<Secret> keys;
  for (const std::string& secret : secrets)
    keys.emplace_back(secret);
  options.authorization = std::make_unique<webhook::WebhookSigner>(std::move(keys));
  auto sink = webhook::HttpSink::Make(std::move(options));
  auto outbox = state::Outbox::Open(":memory:", {"peer"});
  if (!sink || !outbox) {
    std::fprintf(stderr, "%s\n", (sink ? outbox.error() : sink.error()).message().c_str());
    return 2;
  }
  std::vector<pipeline::OutgoingAlert> alerts;
  for (int i = 0; i < 4; ++i) {
    alert::Alert alert = Example(i);
    alerts.push_back({alert.id, alert.rule.id, alert.severity, alert::ToJson(alert)});
  }
  // The least and the most that an alert can be.
  alert::Alert bare = Example(4);
  bare.evidence.clear();
  bare.row.clear();
  bare.entities.clear();
  bare.latency = {};
  alerts.push_back({bare.id, bare.rule.id, bare.severity, alert::ToJson(bare)});
  alert::Alert huge = Example(5);
  huge.evidence.resize(600, huge.evidence[3]);
  huge.tactics.resize(600, "Discovery");
  alerts.push_back({huge.id, huge.rule.id, huge.severity, alert::ToJson(huge)});

  NoDeadLetters dead;
  MetricRegistry metrics;
  std::vector<pipeline::DeliverySink> sinks;
  sinks.push_back(pipeline::DeliverySink::Of(std::move(sink).value()));
  pipeline::Delivery delivery((*outbox).get(), std::move(sinks), &dead, &metrics);
  delivery.Start();
  if (!delivery.Submit(alerts))
    return 2;
  return delivery.WaitUntilIdle(std::chrono::seconds(30)) ? 0 : 1;
}

}  // namespace
}  // namespace keywatch

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: webhook_send URL SECRET..\n");
    return 2;
  }
  return keywatch::Send(argv[1], {argv + 2, argv + argc});
}
