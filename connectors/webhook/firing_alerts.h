// Which alerts an Alertmanager has to be told of again, and until when each is to fire: a value
// without clocks or threads.
//
// Alertmanager keeps alerts in memory only, and resolves one by itself when its `endsAt` passes. So
// every alert is sent with an end far ahead (`hold`), and again every `resend` until then: a
// restart of Alertmanager, within its group_wait perhaps, forgets nothing for long. An alert that
// is over ends, but never sooner than `min_firing` after it was first sent: Alertmanager tells
// nobody of an alert that is resolved before its group_wait is over.
//
// Bounds: `most` alerts and `most_bytes` of text; beyond, an alert is sent once, and fires until
// its end all the same. After a restart of keywatch what was accepted before is not sent again.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::webhook {

struct FiringPolicy {
  record::Ticks hold = record::kTicksPerDay;
  record::Ticks min_firing = 5 * record::kTicksPerMinute;
  record::Ticks resend = record::kTicksPerMinute;
  size_t most = 10'000;
  size_t most_bytes = 64 << 20;
};

class FiringAlerts {
 public:
  explicit FiringAlerts(FiringPolicy policy) : policy_(policy) {}

  // The `endsAt` to send at `now`.
  [[nodiscard]] record::Ticks EndsAt(const std::string& id, bool ended, record::Ticks now) const;
  // Alertmanager took `alert`, an element of its array. False: there is no room to send it again.
  bool Accepted(const std::string& id, std::string alert, record::Ticks ends_at, record::Ticks now);
  // Up to `limit` that are due; they count as sent. Forgets what has ended.
  std::vector<std::string> Due(record::Ticks now, size_t limit);

  [[nodiscard]] size_t size() const { return alerts_.size(); }

 private:
  struct Firing {
    std::string alert;
    record::Ticks first_sent = 0;
    record::Ticks last_sent = 0;
    record::Ticks ends_at = 0;
  };

  FiringPolicy policy_;
  std::map<std::string, Firing> alerts_;  // by id
  size_t bytes_ = 0;
};

}  // namespace keywatch::webhook
