// What the pages and the API are drawn from: values taken at one moment, nothing that changes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/page/alert_filter.h"
#include "app/page/alert_view.h"
#include "app/page/minute_counts.h"
#include "engine/pipeline/delivery.h"
#include "engine/pipeline/worker_view.h"
#include "engine/state/outbox_reader.h"

namespace keywatch::app::page {

// The state of the service.
struct ServiceView {
  Ticks now = 0;
  std::string version;
  std::vector<std::string> problems;                   // as at /readyz
  std::shared_ptr<const pipeline::WorkerView> worker;  // null while the state is being restored
  std::vector<pipeline::SinkHealth> sinks;
  std::vector<Minute> minutes;              // oldest first
  std::map<std::string, Ticks> last_alert;  // by rule id, wall time
  bool has_token = false;                   // somebody signed in may sign out
};

// An alert with what became of it.
struct AlertEntry {
  state::StoredAlert stored;
  AlertView view;
  std::vector<state::DeliveryState> deliveries;
  // When the finding was over; 0: it is not, or no sink wants to know.
  Ticks ended = 0;
  std::vector<state::DeliveryState> end_deliveries;
};

struct AlertList {
  AlertFilter filter;
  std::vector<AlertEntry> alerts;  // newest first
  bool at_end = true;              // nothing older fits
  int64_t next_before = 0;         // where to go on when not at_end
};

// The report of the rule; null if it is not loaded.
inline const pipeline::RuleReport* FindRule(const ServiceView& service, const std::string& id) {
  if (service.worker == nullptr)
    return nullptr;
  for (const pipeline::RuleReport& report : service.worker->rules) {
    if (report.rule->id == id)
      return &report;
  }
  return nullptr;
}

}  // namespace keywatch::app::page
