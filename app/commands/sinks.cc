#include "app/commands/sinks.h"

#include <cstdio>

#include <fmt/format.h>

#include "app/config.h"
#include "app/connectors/sender.h"
#include "app/exit_code.h"
#include "app/version.h"
#include "engine/alert/alert_id.h"
#include "engine/alert/alert_json.h"

namespace keywatch::app {
namespace {

using pipeline::DeliveryOutcome;

alert::Alert TestAlert(const std::string& severity) {
  record::Ticks now = record::WallNow();
  alert::Alert test;
  test.rule = {"keywatch-test", "keywatch test alert", kVersion, "NRT", std::string(64, '0')};
  test.id = alert::AlertId(test.rule.id, {}, now);
  test.severity = severity;
  test.title = "Test alert from keywatch: nothing happened";
  test.description = fmt::format(
      "Somebody ran `keywatch sinks test` on {} to see whether alerts arrive here. There is "
      "nothing "
      "to do.",
      MakeSender().host);
  test.interval_start = test.first_event = test.last_event = now;
  test.latency = {now, 0, now, now};
  return test;
}

pipeline::OutgoingAlert Outgoing(const alert::Alert& alert) {
  return {alert.id, alert.rule.id, alert.severity, alert::ToJson(alert), false};
}

int Report(const std::string& what, const pipeline::DeliveryResult& result) {
  std::string detail = result.detail.empty() ? "" : ": " + result.detail;
  switch (result.outcome) {
    case DeliveryOutcome::kAccepted:
      fmt::print("{}: accepted{}\n", what, detail);
      return kExitOk;
    case DeliveryOutcome::kRetry:
      fmt::print("{}: not now ({}){}\n", what, result.reason, detail);
      return kExitRuntime;
    case DeliveryOutcome::kReject:
      break;
  }
  fmt::print("{}: refused ({}){}\n", what, result.reason, detail);
  return kExitFindings;
}

int Test(const SinkConfig& config, const std::string& severity) {
  Result<std::unique_ptr<pipeline::Sink>> sink = MakeSink(config);
  if (!sink) {
    std::fprintf(
        stderr, "keywatch: sink %s: %s\n", config.name.c_str(), sink.error().message().c_str());
    return kExitConfiguration;
  }
  pipeline::OutgoingAlert outgoing = Outgoing(TestAlert(severity));
  int code = Report(fmt::format("test alert {}", outgoing.id), (*sink)->Deliver(outgoing));
  if (code != kExitOk || !(*sink)->wants_ended())
    return code;
  outgoing.json = alert::EndedJson(outgoing.json, record::WallNow());
  outgoing.ended = true;
  return Report("its end", (*sink)->Deliver(outgoing));
}

}  // namespace

int RunSinksTest(const std::string& config_path,
                 const std::string& name,
                 const std::string& severity) {
  ConfigLoad load = LoadConfig(config_path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  std::string names;
  for (const SinkConfig& sink : load.config->sinks) {
    if (sink.name == name)
      return Test(sink, severity);
    names += (names.empty() ? "" : ", ") + sink.name;
  }
  std::fprintf(stderr,
               "keywatch: %s has no sink %s; it has: %s\n",
               config_path.c_str(),
               name.c_str(),
               names.c_str());
  return kExitUsage;
}

}  // namespace keywatch::app
