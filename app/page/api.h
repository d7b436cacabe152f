// The JSON of /api/v1, described in docs/api.md. Pure: values in, text out. Every text is one line.
#pragma once

#include <string>

#include "app/page/model.h"

namespace keywatch::app::page {

// One alert in short, as in the list and in the events; with its deliveries if they are known.
std::string AlertSummaryJson(const AlertEntry& entry, bool with_deliveries);
// That the finding of an alert is over.
std::string AlertEndJson(const AlertView& end);
std::string AlertListJson(const AlertList& list);
// The alert's own JSON, unchanged, beside what became of it.
std::string AlertJson(const AlertEntry& entry);
std::string RulesJson(const ServiceView& service);
std::string SourcesJson(const ServiceView& service);
std::string SinksJson(const ServiceView& service);
// {"error": ".."}
std::string ErrorJson(const std::string& message);

}  // namespace keywatch::app::page
