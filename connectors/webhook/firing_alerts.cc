#include "connectors/webhook/firing_alerts.h"

#include <algorithm>
#include <utility>

namespace keywatch::webhook {

record::Ticks FiringAlerts::EndsAt(const std::string& id, bool ended, record::Ticks now) const {
  if (!ended)
    return now + policy_.hold;
  auto known = alerts_.find(id);
  record::Ticks first_sent = known == alerts_.end() ? now : known->second.first_sent;
  return std::max(now, first_sent + policy_.min_firing);
}

bool FiringAlerts::Accepted(const std::string& id,
                            std::string alert,
                            record::Ticks ends_at,
                            record::Ticks now) {
  auto known = alerts_.find(id);
  size_t before = known == alerts_.end() ? 0 : known->second.alert.size();
  bool has_room = known != alerts_.end() || alerts_.size() < policy_.most;
  if (!has_room || bytes_ - before + alert.size() > policy_.most_bytes)
    return false;
  bytes_ = bytes_ - before + alert.size();
  Firing& firing = alerts_[id];
  if (firing.first_sent == 0)
    firing.first_sent = now;
  firing.alert = std::move(alert);
  firing.last_sent = now;
  firing.ends_at = ends_at;
  return true;
}

std::vector<std::string> FiringAlerts::Due(record::Ticks now, size_t limit) {
  std::vector<std::string> due;
  for (auto it = alerts_.begin(); it != alerts_.end();) {
    Firing& firing = it->second;
    if (firing.ends_at <= now) {
      bytes_ -= firing.alert.size();
      it = alerts_.erase(it);
      continue;
    }
    // A time of sending that lies ahead comes from a clock that was set back.
    bool is_due = now - firing.last_sent >= policy_.resend || firing.last_sent > now;
    if (is_due && due.size() < limit) {
      firing.last_sent = now;
      due.push_back(firing.alert);
    }
    ++it;
  }
  return due;
}

}  // namespace keywatch::webhook
