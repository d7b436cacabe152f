// Alertmanager's API v2: the array that POST /api/v2/alerts takes.
//
// Labels identify an alert there, and are what routes and silences match: alertname (the rule's
// name without blanks and marks), alert_id, rule_id, severity, tactics (divided by commas), vault,
// and the first address and account that the rule maps. All else is in annotations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/format/message.h"
#include "engine/record/time.h"

namespace keywatch::format {

// One element of the array, firing until `ends_at`; one in the past resolves it.
Result<std::string> ToAlertmanagerAlert(std::string_view canonical_json, record::Ticks ends_at);
Message AlertmanagerMessage(const std::vector<std::string>& alerts);

}  // namespace keywatch::format
