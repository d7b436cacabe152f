// The outbox: alerts that are durable, and how far each sink is with each of them.
//
// An alert is in the outbox before its source position is in a snapshot. Insert() commits with an
// fsync (WAL, synchronous=FULL) and ignores ids that are there already, so a replay after a crash
// meets its own rows. What a sink did with an alert is written without an fsync: if a crash loses
// such a mark, the alert is handed over once more, with the same id.
//
// Two tables (times are 100 ns ticks since year 1, see engine/record/time.h):
//   alerts(seq, id unique, rule_id, severity, created, json)
//   deliveries(seq, sink, state, attempts, next_attempt, last_error, changed), state one of
//     pending    to be delivered, at `next_attempt` or later
//     accepted   the receiver has it
//     dead       given up; a dead letter was written
//     parked     pending for a sink that is not configured; pending again when it returns
//
// Bounds: Prune() keeps delivered alerts for a time and up to a number. What is pending is never
// pruned; its bound is the disk, and a full disk makes Insert() fail, which stops the source.
//
// Thread-safe. Writes take turns; reads have a connection of their own and do not wait for an
// fsync. A failing call changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::state {

// The end of an alert is a row of its own, whose id is the alert's and this.
inline constexpr std::string_view kEndedSuffix = "-ended";

struct NewAlert {
  std::string_view id;
  std::string_view rule_id;
  std::string_view severity;
  std::string_view json;
  // By index of the sinks: owed to these; null: to all. It is stored in any case.
  const std::vector<bool>* owed = nullptr;
};

struct KnownAlert {
  std::string rule_id;
  std::string severity;
  std::string json;
};

struct PendingAlert {
  int64_t seq = 0;
  std::string id;
  std::string rule_id;
  std::string severity;
  std::string json;
  record::Ticks created = 0;
  int attempts = 0;  // made so far
};

struct DeliveryCounts {
  int64_t pending = 0;
  int64_t accepted = 0;
  int64_t dead = 0;
  int64_t parked = 0;
};

struct History {
  record::Ticks age = 30 * record::kTicksPerDay;
  int64_t rows = 1'000'000;
};

class Outbox {
 public:
  // Opens or makes the file at `path` (":memory:": nothing survives). Every alert inserted from now
  // on is owed to each of `sinks`. A file that is no outbox, or a damaged one, is kDataLoss.
  static Result<std::unique_ptr<Outbox>> Open(const std::string& path,
                                              std::vector<std::string> sinks);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // All or nothing, in one transaction. Returns how many were new; `fresh`, if given, gets their
  // indices. The same id twice in one call is one alert.
  Result<size_t> Insert(std::span<const NewAlert> alerts,
                        record::Ticks now,
                        std::vector<size_t>* fresh = nullptr);

  // Up to `limit` alerts that are due for `sink` at `now`, oldest first.
  Result<std::vector<PendingAlert>> Pending(std::string_view sink, record::Ticks now, size_t limit);
  // Null if it is not there, or was pruned.
  Result<std::optional<KnownAlert>> Find(std::string_view id);
  // When the next attempt at alert `id` is due for `sink`; null if it owes it no more, or never
  // did.
  Result<std::optional<record::Ticks>> PendingUntil(std::string_view sink, std::string_view id);
  // When the next pending alert of `sink` is due; null when none is pending.
  Result<std::optional<record::Ticks>> NextDue(std::string_view sink);
  // When the oldest alert that `sink` still owes was inserted; null when it owes none.
  Result<std::optional<record::Ticks>> OldestPending(std::string_view sink);

  Status MarkAccepted(std::string_view sink, std::span<const int64_t> seqs, record::Ticks now);
  // Counts an attempt.
  Status MarkRetry(std::string_view sink,
                   int64_t seq,
                   record::Ticks next_attempt,
                   std::string_view error,
                   record::Ticks now);
  // Not due before `until`. Counts no attempt.
  Status Postpone(std::string_view sink, int64_t seq, record::Ticks until, record::Ticks now);
  Status MarkDead(std::string_view sink, int64_t seq, std::string_view error, record::Ticks now);
  // Makes everything pending due at `now`: after the clock was set back.
  Status MakeDue(std::string_view sink, record::Ticks now);

  // Kept in memory: cheap. 0 for an unknown sink.
  [[nodiscard]] int64_t PendingCount(std::string_view sink) const;
  // Counts rows: for people, not for loops.
  Result<DeliveryCounts> Count(std::string_view sink);

  // Deletes up to kPruneAtOnce alerts that are beyond `history` and owed to no sink: few, because
  // Insert() waits meanwhile. Returns how many: call again while it is kPruneAtOnce.
  static constexpr size_t kPruneAtOnce = 200;
  Result<size_t> Prune(const History& history, record::Ticks now);

  // The file never grows beyond this many pages of 4 KiB: Insert() then fails as on a full disk.
  Status LimitPages(int64_t pages);

  [[nodiscard]] const std::vector<std::string>& sinks() const;

 private:
  struct Impl;
  explicit Outbox(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keywatch::state
