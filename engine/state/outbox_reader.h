// Reading the outbox while the service writes it, for people who look on.
//
// A connection of its own that cannot write: reads wait for no fsync, and Insert() waits for no
// read. A call reads a bounded number of rows, and Search() stops after a time as well, so that the
// write-ahead log is never held back for long.
//
// Thread-safe; calls take turns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/record/time.h"
#include "engine/state/outbox.h"

namespace keywatch::state {

struct StoredAlert {
  int64_t seq = 0;
  std::string id;
  std::string rule_id;
  std::string severity;
  record::Ticks created = 0;
  std::string json;  // docs/formats/alert.md

  // Of the end of an alert, not of an alert.
  [[nodiscard]] bool IsEnd() const { return id.ends_with(kEndedSuffix); }
};

// An alert without its text.
struct AlertMark {
  int64_t seq = 0;
  bool is_end = false;
  std::string rule_id;
  std::string severity;
  record::Ticks created = 0;
};

struct DeliveryState {
  std::string sink;
  std::string state;  // as in outbox.h
  int attempts = 0;
  record::Ticks next_attempt = 0;
  std::string last_error;
  record::Ticks changed = 0;
};

struct AlertSearch {
  int64_t before = 0;  // only alerts with a lower seq; 0: from the newest on
  size_t limit = 50;   // matches wanted
  // What to look through at most.
  size_t most_rows = 50'000;
  std::chrono::milliseconds most_time{500};
};

struct AlertsFound {
  std::vector<StoredAlert> alerts;  // newest first
  bool at_end = true;               // nothing older is left
  int64_t next_before = 0;          // where to go on when not at_end
};

class OutboxReader {
 public:
  // `path` is the file of an open Outbox.
  static Result<std::unique_ptr<OutboxReader>> Open(const std::string& path);
  ~OutboxReader();
  OutboxReader(const OutboxReader&) = delete;
  OutboxReader& operator=(const OutboxReader&) = delete;

  // The highest seq given so far; 0 for none. Cheap.
  Result<int64_t> LastSeq();
  Result<std::optional<StoredAlert>> Find(const std::string& id);
  // The newest alerts for which `wanted` is true.
  Result<AlertsFound> Search(const AlertSearch& search,
                             const std::function<bool(const StoredAlert&)>& wanted);
  // Up to `limit` alerts after `seq`, oldest first.
  Result<std::vector<StoredAlert>> After(int64_t seq, size_t limit);
  Result<std::vector<AlertMark>> MarksAfter(int64_t seq, size_t limit);
  // What each sink did with one alert, by name of sink.
  Result<std::vector<DeliveryState>> Deliveries(int64_t seq);

 private:
  struct Impl;
  explicit OutboxReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::state
