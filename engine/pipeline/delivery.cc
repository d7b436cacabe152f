#include "engine/pipeline/delivery.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/alert/alert_json.h"
#include "engine/base/log.h"
#include "engine/pipeline/delivery_lanes.h"
#include "engine/pipeline/delivery_probe.h"

namespace keywatch::pipeline {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Wall time may jump: no wait is longer than this without a look at the clock.
constexpr milliseconds kLongestWait{1000};
constexpr milliseconds kMarkDelay{100};  // accepted alerts are marked together, at most this late
constexpr milliseconds kOutboxPause{1000};  // after the outbox failed
constexpr std::chrono::minutes kPruneEvery{10};

// An end has a row of its own in the outbox: the alert's id and this.
using state::kEndedSuffix;

OutgoingAlert ToOutgoing(state::PendingAlert&& pending) {
  OutgoingAlert alert;
  alert.ended = pending.id.ends_with(kEndedSuffix);
  alert.id = std::move(pending.id);
  if (alert.ended)
    alert.id.resize(alert.id.size() - kEndedSuffix.size());
  alert.rule_id = std::move(pending.rule_id);
  alert.severity = std::move(pending.severity);
  alert.json = std::move(pending.json);
  return alert;
}

milliseconds ToMilliseconds(record::Ticks ticks) {
  return milliseconds((ticks + record::kTicksPerMillisecond - 1) / record::kTicksPerMillisecond);
}

}  // namespace

DeliverySink DeliverySink::Of(std::unique_ptr<Sink> sink, DeliveryPolicy policy) {
  DeliverySink out;
  out.lanes.push_back(std::move(sink));
  out.policy = policy;
  return out;
}

// One sink and its thread. What the thread alone uses has no lock.
class Delivery::Worker {
 public:
  Worker(state::Outbox* outbox,
         DeliverySink sink,
         DeadLetters* dead_letters,
         MetricRegistry* metrics,
         const DeliveryOptions* options)
      : outbox_(outbox),
        name_(sink.lanes.front()->name()),
        wants_ended_(sink.lanes.front()->wants_ended()),
        accepts_(std::move(sink.accepts)),
        lanes_(std::move(sink.lanes)),
        policy_(sink.policy),
        dead_letters_(dead_letters),
        options_(options),
        probe_(metrics, name_),
        circuit_(policy_, options->seed) {}

  void Start() {
    UpdateGauges();
    thread_ = std::thread([this] { Run(); });
  }

  // New alerts are in the outbox.
  void Signal() {
    probe_.queue_length.Set(static_cast<double>(outbox_->PendingCount(name_)));
    {
      std::lock_guard lock(mutex_);
      ++signalled_;
      quiet_ = false;
    }
    wake_.notify_all();
  }

  // Waits until nothing is due, or `deadline`.
  void WaitUntilQuiet(Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    quieted_.wait_until(lock, deadline, [this] { return quiet_; });
  }

  void RequestStop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    lanes_.Cancel();
  }

  [[nodiscard]] bool Owes(const OutgoingAlert& alert) const {
    return (!alert.ended || wants_ended_) && (!accepts_ || accepts_(alert));
  }

  void Join() {
    if (thread_.joinable())
      thread_.join();
  }

  [[nodiscard]] SinkHealth Health() const {
    std::lock_guard lock(mutex_);
    SinkHealth health = health_;
    health.name = name_;
    health.queued = outbox_->PendingCount(name_);
    return health;
  }

 private:
  void Run();
  void WaitForWork();
  void DeliverWindow(std::vector<state::PendingAlert> window);
  bool Begin(const state::PendingAlert& pending, const OutgoingAlert& alert);
  bool WaitsForItsAlert(const state::PendingAlert& pending, const OutgoingAlert& alert);
  void Conclude(const state::PendingAlert& pending,
                const OutgoingAlert& alert,
                const DeliveryResult& result);
  void Accept(const state::PendingAlert& pending);
  bool Bury(const state::PendingAlert& pending,
            const OutgoingAlert& alert,
            const std::string& reason,
            const std::string& detail);
  void Retry(const state::PendingAlert& pending, record::Ticks retry_at, const std::string& reason);
  void MarkAccepted();
  template <class MarkCall>
  void Mark(MarkCall mark);
  void UpdateGauges();
  void NoteHealth(const std::string& problem);
  void Sleep(milliseconds time, bool quiet, bool wake_for_new);
  void Check(const Status& status);

  [[nodiscard]] record::Ticks Now() const { return options_->now(); }
  // How long the receiver is still left in peace.
  [[nodiscard]] milliseconds Rest() const {
    record::Ticks rest = std::max(pause_until_, circuit_.probe_at()) - Now();
    // A rest that is longer than any we grant comes from a clock that was set back.
    record::Ticks longest = ToTicks(std::max(policy_.longest_retry_after, policy_.probe.longest));
    return ToMilliseconds(rest > longest ? 0 : std::max<record::Ticks>(rest, 0));
  }
  bool Stopping() {
    std::lock_guard lock(mutex_);
    return stopping_;
  }

  state::Outbox* const outbox_;
  const std::string name_;
  const bool wants_ended_;
  const std::function<bool(const OutgoingAlert&)> accepts_;
  DeliveryLanes lanes_;
  const DeliveryPolicy policy_;
  DeadLetters* const dead_letters_;
  const DeliveryOptions* const options_;
  DeliveryProbe probe_;
  std::thread thread_;

  Circuit circuit_;
  record::Ticks pause_until_ = 0;
  std::vector<int64_t> accepted_;       // not marked yet
  Clock::time_point accepted_since_{};  // when the first of them was accepted
  uint64_t seen_ = 0;                   // `signalled_` when the outbox was last read
  bool outbox_failing_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wake_;     // with mutex_: signalled_, stopping_
  std::condition_variable quieted_;  // with mutex_: quiet_
  uint64_t signalled_ = 0;           // guarded by mutex_
  bool stopping_ = false;            // guarded by mutex_
  bool quiet_ = false;               // guarded by mutex_: sleeping, nothing is due
  SinkHealth health_;                // guarded by mutex_
};

// Repeats `mark` until it works: without its mark an alert would be read, and sent, again at once.
template <class MarkCall>
void Delivery::Worker::Mark(MarkCall mark) {
  while (true) {
    Status marked = mark();
    Check(marked);
    if (marked.ok() || Stopping())
      return;
    Sleep(kOutboxPause, false, false);
  }
}

void Delivery::Worker::Run() {
  while (!Stopping()) {
    {
      std::lock_guard lock(mutex_);
      seen_ = signalled_;
    }
    if (milliseconds rest = Rest(); rest.count() > 0) {
      UpdateGauges();
      Sleep(std::min(rest, kLongestWait), true, false);
      continue;
    }
    size_t room = circuit_.open() ? 1 : policy_.window;
    Result<std::vector<state::PendingAlert>> window = outbox_->Pending(name_, Now(), room);
    if (!window) {
      Check(window.error());
      Sleep(kOutboxPause, false, false);
    } else if (window->empty()) {
      UpdateGauges();
      WaitForWork();
    } else {
      DeliverWindow(std::move(window).value());
    }
  }
  MarkAccepted();
}

// Sleeps until an alert is due or new.
void Delivery::Worker::WaitForWork() {
  Result<std::optional<record::Ticks>> due = outbox_->NextDue(name_);
  if (!due) {
    Check(due.error());
    return Sleep(kOutboxPause, false, false);
  }
  milliseconds wait = kLongestWait;
  if (*due) {
    record::Ticks ahead = **due - Now();
    record::Ticks longest = ToTicks(std::max(policy_.longest_retry_after, policy_.backoff.longest));
    if (ahead > longest)
      Check(outbox_->MakeDue(name_, Now()));  // the clock was set back
    wait = std::clamp(ToMilliseconds(ahead), milliseconds(0), kLongestWait);
  }
  Sleep(wait, wait.count() > 0, true);
}

void Delivery::Worker::Sleep(milliseconds time, bool quiet, bool wake_for_new) {
  std::unique_lock lock(mutex_);
  auto awake = [&] { return stopping_ || (wake_for_new && signalled_ != seen_); };
  quiet_ = quiet && signalled_ == seen_;
  if (quiet_)
    quieted_.notify_all();
  wake_.wait_for(lock, time, awake);
  quiet_ = false;
}

void Delivery::Worker::DeliverWindow(std::vector<state::PendingAlert> window) {
  UpdateGauges();
  std::vector<OutgoingAlert> alerts;
  alerts.reserve(window.size());
  for (state::PendingAlert& pending : window)
    alerts.push_back(ToOutgoing(std::move(pending)));
  size_t next = 0;
  size_t under_way = 0;
  while (true) {
    size_t room = circuit_.open() ? 1 : lanes_.size();
    while (next < window.size() && under_way < room && !Stopping() && Rest().count() == 0) {
      if (Begin(window[next], alerts[next])) {
        lanes_.Give(next, &alerts[next]);
        ++under_way;
      }
      ++next;
    }
    if (under_way == 0)
      break;
    DeliveryLanes::Done done = lanes_.Wait();
    --under_way;
    probe_.duration.Observe(done.seconds);
    // A cancelled attempt says nothing about the receiver.
    if (done.result.outcome == DeliveryOutcome::kAccepted || !Stopping())
      Conclude(window[done.tag], alerts[done.tag], done.result);
    if (!accepted_.empty() && Clock::now() - accepted_since_ > kMarkDelay)
      MarkAccepted();
  }
  MarkAccepted();
}

// Whether there is to be an attempt now.
bool Delivery::Worker::Begin(const state::PendingAlert& pending, const OutgoingAlert& alert) {
  if (IsExpired(policy_, pending.attempts, pending.created, circuit_.open(), Now())) {
    if (!Bury(pending, alert, "expired", "older than the longest age when its turn came")) {
      Retry(pending, Now() + ToTicks(kOutboxPause), "dead_letter_file");
    }
    return false;
  }
  if (alert.ended && WaitsForItsAlert(pending, alert))
    return false;
  if (pending.attempts > 0)
    probe_.retries.Add();
  return true;
}

// An end that overtook its alert would leave the alert open for ever.
bool Delivery::Worker::WaitsForItsAlert(const state::PendingAlert& pending,
                                        const OutgoingAlert& alert) {
  MarkAccepted();
  Result<std::optional<record::Ticks>> until = outbox_->PendingUntil(name_, alert.id);
  if (until && !*until)
    return false;
  Check(until ? Status() : until.error());
  record::Ticks wait = std::max(Now(), until ? **until : 0) + ToTicks(kMarkDelay);
  Mark([&] { return outbox_->Postpone(name_, pending.seq, wait, Now()); });
  return true;
}

void Delivery::Worker::Conclude(const state::PendingAlert& pending,
                                const OutgoingAlert& alert,
                                const DeliveryResult& result) {
  record::Ticks now = Now();
  int attempt = pending.attempts + 1;
  auto seed = options_->seed ^ static_cast<uint64_t>(pending.seq);
  Step step = NextStep(policy_, result, attempt, pending.created, now, seed);
  if (result.outcome == DeliveryOutcome::kAccepted) {
    if (circuit_.Succeeded()) {
      Log(LogLevel::kInfo, "sink works again", {{"sink", name_}});
      // What failed while the receiver was ill need not wait out its own backoff.
      Check(outbox_->MakeDue(name_, now));
    }
    pause_until_ = 0;
    NoteHealth("");
    return Accept(pending);
  }
  probe_.Failures(result.reason).Add();
  std::string problem = result.reason + ": " + result.detail;
  if (result.outcome == DeliveryOutcome::kReject) {
    circuit_.Refused();
  } else {
    bool was_open = circuit_.open();
    circuit_.Failed(pending.seq, now);
    pause_until_ = step.pause_until;
    if (circuit_.open() && !was_open) {
      Log(LogLevel::kWarning,
          "sink fails: only probes are sent until it answers",
          {{"sink", name_}, {"reason", result.reason}, {"detail", result.detail}});
    }
  }
  NoteHealth(problem);
  record::Ticks retry_at = step.retry_at;
  if (step.kind == Step::Kind::kDead) {
    if (Bury(pending, alert, step.reason, result.detail))
      return;
    retry_at = now + ToTicks(BackoffDelay(policy_.backoff, attempt, seed));
  }
  Retry(pending, retry_at, problem);
}

void Delivery::Worker::Accept(const state::PendingAlert& pending) {
  probe_.Deliveries("accepted").Add();
  double seconds =
      static_cast<double>(Now() - pending.created) / static_cast<double>(record::kTicksPerSecond);
  probe_.latency.Observe(std::max(0.0, seconds));
  if (accepted_.empty())
    accepted_since_ = Clock::now();
  accepted_.push_back(pending.seq);
}

// True once the alert is in the dead-letter file and owed no more.
bool Delivery::Worker::Bury(const state::PendingAlert& pending,
                            const OutgoingAlert& alert,
                            const std::string& reason,
                            const std::string& detail) {
  Status written =
      dead_letters_->AddAlert({&alert, name_, reason, detail, pending.attempts, pending.created});
  if (!written.ok()) {
    Log(LogLevel::kError,
        "cannot write a dead letter; the alert stays in the outbox",
        {{"sink", name_}, {"alert", alert.id}, {"error", written.message()}});
    return false;
  }
  Log(LogLevel::kError,
      "alert given up: it is in the dead-letter file",
      {{"sink", name_}, {"alert", alert.id}, {"reason", reason}, {"detail", detail}});
  probe_.DeadLetters(reason).Add();
  probe_.Deliveries(reason == "expired" || reason == "attempts" ? "expired" : "rejected").Add();
  Mark([&] { return outbox_->MarkDead(name_, pending.seq, reason + ": " + detail, Now()); });
  return true;
}

void Delivery::Worker::Retry(const state::PendingAlert& pending,
                             record::Ticks retry_at,
                             const std::string& reason) {
  Mark([&] { return outbox_->MarkRetry(name_, pending.seq, retry_at, reason, Now()); });
}

void Delivery::Worker::MarkAccepted() {
  if (accepted_.empty())
    return;
  Mark([&] { return outbox_->MarkAccepted(name_, accepted_, Now()); });
  accepted_.clear();
  UpdateGauges();
}

void Delivery::Worker::UpdateGauges() {
  probe_.queue_length.Set(static_cast<double>(outbox_->PendingCount(name_)));
  probe_.circuit_open.Set(circuit_.open() ? 1 : 0);
  Result<std::optional<record::Ticks>> oldest = outbox_->OldestPending(name_);
  if (oldest)
    probe_.oldest.Set(*oldest ? record::ToUnixSeconds(**oldest) : 0);
}

void Delivery::Worker::NoteHealth(const std::string& problem) {
  probe_.circuit_open.Set(circuit_.open() ? 1 : 0);
  bool healthy = !circuit_.open() && pause_until_ <= Now();
  std::lock_guard lock(mutex_);
  health_.healthy = healthy;
  health_.problem = problem;
  if (problem.empty())
    health_.accepted = Now();
}

void Delivery::Worker::Check(const Status& status) {
  if (status.ok()) {
    outbox_failing_ = false;
    return;
  }
  probe_.outbox_errors.Add();
  if (std::exchange(outbox_failing_, true))
    return;  // said once
  Log(LogLevel::kError,
      "the outbox fails; deliveries go on when it works",
      {{"sink", name_}, {"error", status.message()}});
}

// Prunes the outbox now and then.
class Delivery::Keeper {
 public:
  Keeper(state::Outbox* outbox, const DeliveryOptions* options)
      : outbox_(outbox), options_(options), thread_([this] { Run(); }) {}

  ~Keeper() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      lock.unlock();
      Result<size_t> pruned = outbox_->Prune(options_->history, options_->now());
      if (!pruned) {
        Log(LogLevel::kWarning, "cannot prune the outbox", {{"error", pruned.error().message()}});
      }
      bool more = pruned && *pruned == state::Outbox::kPruneAtOnce;
      lock.lock();
      wake_.wait_for(lock,
                     more ? Clock::duration(milliseconds(5)) : Clock::duration(kPruneEvery),
                     [this] { return stopping_; });
    }
  }

  state::Outbox* outbox_;
  const DeliveryOptions* options_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

Delivery::Delivery(state::Outbox* outbox,
                   std::vector<DeliverySink> sinks,
                   DeadLetters* dead_letters,
                   MetricRegistry* metrics,
                   DeliveryOptions options)
    : outbox_(outbox), options_(std::move(options)) {
  for (DeliverySink& sink : sinks) {
    workers_.push_back(
        std::make_unique<Worker>(outbox, std::move(sink), dead_letters, metrics, &options_));
  }
}

Delivery::~Delivery() { Stop(milliseconds(0)); }

void Delivery::Start() {
  started_ = true;
  for (auto& worker : workers_)
    worker->Start();
  keeper_ = std::make_unique<Keeper>(outbox_, &options_);
}

std::vector<bool> Delivery::Owed(const OutgoingAlert& alert) const {
  std::vector<bool> owed;
  owed.reserve(workers_.size());
  for (const auto& worker : workers_)
    owed.push_back(worker->Owes(alert));
  return owed;
}

Result<size_t> Delivery::Submit(std::span<const OutgoingAlert> alerts, std::vector<size_t>* fresh) {
  std::vector<state::NewAlert> rows;
  std::vector<std::vector<bool>> owed;
  std::deque<std::string> ids;
  rows.reserve(alerts.size());
  owed.reserve(alerts.size());
  for (const OutgoingAlert& alert : alerts) {
    owed.push_back(Owed(alert));
    ids.push_back(alert.id);
    if (alert.ended)
      ids.back() += kEndedSuffix;
    rows.push_back({ids.back(), alert.rule_id, alert.severity, alert.json, &owed.back()});
  }
  Result<size_t> inserted = outbox_->Insert(rows, options_.now(), fresh);
  if (inserted && *inserted > 0) {
    for (auto& worker : workers_)
      worker->Signal();
  }
  return inserted;
}

Status Delivery::SubmitEnded(std::span<const alert::EndedAlert> ended) {
  std::vector<OutgoingAlert> alerts;
  for (const alert::EndedAlert& one : ended) {
    Result<std::optional<state::KnownAlert>> stored = outbox_->Find(one.id);
    if (!stored)
      return stored.error();
    if (!*stored)
      continue;
    OutgoingAlert alert{one.id,
                        (*stored)->rule_id,
                        (*stored)->severity,
                        alert::EndedJson((*stored)->json, one.ended),
                        true};
    std::vector<bool> owed = Owed(alert);
    if (std::count(owed.begin(), owed.end(), true) > 0)
      alerts.push_back(std::move(alert));
  }
  if (alerts.empty())
    return {};
  Result<size_t> submitted = Submit(alerts);
  return submitted ? Status() : submitted.error();
}

bool Delivery::WaitUntilIdle(milliseconds timeout) {
  Clock::time_point deadline = Clock::now() + timeout;
  auto owed = [this] {
    return std::any_of(outbox_->sinks().begin(),
                       outbox_->sinks().end(),
                       [this](const std::string& sink) { return outbox_->PendingCount(sink) > 0; });
  };
  while (owed()) {
    if (Clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

void Delivery::Stop(milliseconds drain) {
  if (!std::exchange(started_, false))
    return;
  keeper_.reset();
  Clock::time_point deadline = Clock::now() + drain;
  for (auto& worker : workers_)
    worker->WaitUntilQuiet(deadline);
  for (auto& worker : workers_)
    worker->RequestStop();
  for (auto& worker : workers_)
    worker->Join();
}

std::vector<SinkHealth> Delivery::Health() const {
  std::vector<SinkHealth> out;
  out.reserve(workers_.size());
  for (const auto& worker : workers_)
    out.push_back(worker->Health());
  return out;
}

}  // namespace keywatch::pipeline
