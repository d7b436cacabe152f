// From the outbox to the sinks: one worker thread per sink, so that a sink that hangs holds back
// nothing but itself.
//
//   Submit() ── Outbox::Insert (durable) ── wakes the workers
//   worker:  read a window of due alerts → attempt → mark accepted | retry at | dead (+ dead
//   letter)
//
// The outbox is the queue: memory holds one window per sink, and what a crash cuts off is read
// again. Promise: every alert that Submit() took is handed over until the receiver accepts or
// refuses it for good, its age or attempts run out, or, in both latter cases, it is in the
// dead-letter file. A crash can repeat a delivery, with the same id.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/alert/alert.h"
#include "engine/base/metrics.h"
#include "engine/base/status.h"
#include "engine/pipeline/delivery_policy.h"
#include "engine/pipeline/io.h"
#include "engine/state/outbox.h"

namespace keywatch::pipeline {

// An alert that a sink will never get.
struct DeadAlert {
  const OutgoingAlert* alert = nullptr;
  std::string sink;
  std::string reason;  // as in keywatch_dlq_records_total
  std::string detail;
  int attempts = 0;
  record::Ticks created = 0;
};

// Where dead alerts are kept. Called by several threads.
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  // Ok only once the letter is durable: the alert is then no longer owed.
  virtual Status AddAlert(const DeadAlert& dead) = 0;
};

struct SinkHealth {
  std::string name;
  int64_t queued = 0;
  bool healthy = true;         // false: the circuit is open, or the receiver asked for rest
  std::string problem;         // of the last attempt, "" if it was accepted
  record::Ticks accepted = 0;  // when the receiver last took an alert; 0: never
};

struct DeliverySink {
  // Of one name. As many alerts are under way at once as there are; then their order is loose.
  std::vector<std::unique_ptr<Sink>> lanes;
  DeliveryPolicy policy;
  // Which alerts are owed to it, asked when an alert is stored; null: all.
  std::function<bool(const OutgoingAlert&)> accepts;

  static DeliverySink Of(std::unique_ptr<Sink> sink, DeliveryPolicy policy = {});
};

struct DeliveryOptions {
  state::History history;                                // of the outbox, pruned every 10 minutes
  std::function<record::Ticks()> now = record::WallNow;  // must be thread-safe
  uint64_t seed = 0;                                     // of the jitter; differs per process
};

// Submit, Health and WaitUntilIdle may be called by any thread; Start and Stop by one.
class Delivery {
 public:
  // `outbox` was opened with the names of these sinks. `outbox`, `dead_letters` and `metrics`
  // outlive this object.
  Delivery(state::Outbox* outbox,
           std::vector<DeliverySink> sinks,
           DeadLetters* dead_letters,
           MetricRegistry* metrics,
           DeliveryOptions options = {});
  ~Delivery();  // as Stop(0)
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void Start();

  // Ok: all are durable, and on their way. Alerts whose id is known are ignored. Returns how many
  // were new; `fresh`, if given, gets their indices. On an error nothing was taken: try again, and
  // let no source position pass meanwhile.
  Result<size_t> Submit(std::span<const OutgoingAlert> alerts,
                        std::vector<size_t>* fresh = nullptr);

  // Alerts that are over, for sinks that want to know. One that is not in the outbox, or was told
  // before, is ignored. On an error as Submit.
  Status SubmitEnded(std::span<const alert::EndedAlert> ended);

  // True once no sink owes anything; false after `timeout`.
  bool WaitUntilIdle(std::chrono::milliseconds timeout);

  // Goes on delivering until nothing is due, at most for `drain`, then cancels what hangs and joins
  // the threads. What is left stays in the outbox.
  void Stop(std::chrono::milliseconds drain);

  [[nodiscard]] std::vector<SinkHealth> Health() const;

 private:
  class Worker;
  class Keeper;

  [[nodiscard]] std::vector<bool> Owed(const OutgoingAlert& alert) const;

  state::Outbox* outbox_;
  DeliveryOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Keeper> keeper_;
  bool started_ = false;
};

}  // namespace keywatch::pipeline
