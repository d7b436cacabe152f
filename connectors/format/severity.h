// What each receiver calls Sentinel's four severities.
#pragma once

#include <string_view>

namespace keywatch::format {

struct Severity {
  std::string_view name;       // Sentinel's
  std::string_view label;      // Alertmanager's, in lower case as is usual there
  std::string_view pagerduty;  // critical, error, warning, info
  std::string_view teams;      // color of an Adaptive Card's text
  std::string_view slack;      // a sign that is seen in a list of messages
  std::string_view cloudevents_text;
  int cloudevents_number;  // as OpenTelemetry's
  int ocsf;                // severity_id
  int cef;                 // 0 to 10
  int ecs;                 // event.severity: ours to define, and the same everywhere
  int syslog;              // RFC 5424 6.2.1
};

// Null for a name that Sentinel does not have.
const Severity* FindSeverity(std::string_view name);

}  // namespace keywatch::format
