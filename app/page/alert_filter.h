// Which alerts somebody wants to see: the query parameters of `/` and of /api/v1/alerts and
// /api/v1/events, so that every selection is a link.
//
//   severity  one or more of the four, with commas
//   rule      a rule's id
//   resource  part of a resource id that an entity or an evidence record names
//   text      words, each of which stands somewhere in the alert's JSON
//   before    only alerts with a lower sequence number (paging)
//   limit     1 .. 200
// Letters are compared without case (ASCII).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/state/outbox_reader.h"

namespace keywatch::app::page {

struct AlertFilter {
  std::vector<std::string> severities;  // empty: all
  std::string rule_id;
  std::string resource;
  std::string text;
  int64_t before = 0;  // 0: from the newest on
  size_t limit = 50;

  [[nodiscard]] bool IsNarrow() const {
    return !severities.empty() || !rule_id.empty() || !resource.empty() || !text.empty();
  }
  bool operator==(const AlertFilter&) const = default;
};

// Parameters of other names are left alone. An error says what was expected.
Result<AlertFilter> ReadFilter(const std::map<std::string, std::string>& query);
// "?severity=High&..", or "" for the default.
std::string ToQuery(const AlertFilter& filter);

// A filter made ready to be asked often.
class AlertMatcher {
 public:
  explicit AlertMatcher(const AlertFilter& filter);
  // False for the end of an alert.
  [[nodiscard]] bool Matches(const state::StoredAlert& alert) const;
  // Of an alert or of its end.
  [[nodiscard]] bool MatchesEither(const state::StoredAlert& alert) const;

 private:
  AlertFilter filter_;
  std::string resource_;            // in lower case
  std::vector<std::string> words_;  // in lower case, as they stand in JSON
};

}  // namespace keywatch::app::page
