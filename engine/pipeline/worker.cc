#include "engine/pipeline/worker.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "engine/alert/alert_json.h"
#include "engine/base/backoff.h"
#include "engine/base/log.h"
#include "engine/state/snapshot_file.h"

namespace keywatch::pipeline {

using record::Ticks;

namespace {

constexpr char kPositionsSection[] = "positions";
constexpr auto kPollTimeout = std::chrono::milliseconds(100);
// Of several sources none may keep the others waiting: they are asked what they have, and when none
// has anything, all have this long to get something.
constexpr auto kBetweenRounds = std::chrono::milliseconds(5);
// Of two sources one may be hours behind the other.
constexpr Ticks kSourcesApart = record::kTicksPerDay;
// Names of rules in one message.
constexpr size_t kRulesNamed = 5;
constexpr Ticks kHealthInterval = record::kTicksPerSecond / 5;

std::vector<std::string> Names(const std::vector<Input>& inputs) {
  std::vector<std::string> names;
  for (const Input& input : inputs)
    names.push_back(input.source->name());
  return names;
}

std::string EncodePositions(const std::vector<Input>& inputs,
                            const std::vector<Positions>& positions) {
  std::string bytes;
  state::ByteWriter writer(&bytes);
  writer.Varint(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    writer.String(inputs[i].source->name());
    writer.Varint(positions[i].size());
    for (const auto& [partition, next] : positions[i]) {
      writer.String(partition);
      writer.I64(next);
    }
  }
  return bytes;
}

// Positions by source name.
Status DecodePositions(std::string_view bytes, std::map<std::string, Positions>* out) {
  state::ByteReader reader(bytes);
  uint64_t sources = 0;
  if (reader.Count(2, &sources)) {
    for (uint64_t s = 0; s < sources; ++s) {
      std::string name;
      uint64_t partitions = 0;
      if (!reader.String(&name) || !reader.Count(9, &partitions))
        break;
      Positions& positions = (*out)[name];
      for (uint64_t p = 0; p < partitions; ++p) {
        std::string partition;
        int64_t next = 0;
        if (!reader.String(&partition) || !reader.I64(&next))
          break;
        positions[partition] = next;
      }
    }
  }
  return reader.Finish("the section `positions`");
}

}  // namespace

Worker::Worker(WorkerSettings settings,
               RuleEngine* engine,
               std::vector<Input> inputs,
               WorkerOutputs outputs,
               MetricRegistry* metrics)
    : settings_(std::move(settings)),
      engine_(engine),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      writer_(settings_.data_dir, settings_.snapshots_kept),
      probe_(metrics, Names(inputs_), engine->Report(), engine->settings().max_rows_per_rule),
      duplicates_(inputs_.size() == 1 ? engine->settings().lateness
                                      : std::max(engine->settings().lateness, kSourcesApart)),
      clocks_(inputs_.size(), settings_.idle_timeout),
      positions_(inputs_.size()),
      input_ended_(inputs_.size()),
      newest_event_(inputs_.size()),
      last_read_(inputs_.size()),
      down_since_(inputs_.size()) {
  source_problems_.resize(inputs_.size());
}

Status Worker::Start() {
  Result<state::LatestSnapshot> latest = state::ReadLatestSnapshot(settings_.data_dir);
  if (!latest)
    return latest.error();
  for (const state::DamagedSnapshot& damaged : latest->damaged) {
    Log(LogLevel::kError,
        "a snapshot is damaged; an older one is used",
        {{"file", damaged.file}, {"reason", damaged.reason}});
    probe_.checkpoint_failures.Add();
  }
  std::map<std::string, Positions> restored;
  if (latest->snapshot) {
    std::vector<std::string> fresh;
    KEYWATCH_RETURN_IF_ERROR(engine_->Restore(*latest->snapshot, &fresh));
    if (!fresh.empty()) {
      // In one line, which no limit cuts.
      Log(LogLevel::kWarning,
          "these rules are new, or changed, or this version keeps their state otherwise: they "
          "begin without",
          {{"rules", fmt::format("{}", fmt::join(fresh, ","))}});
    }
    if (auto bytes = latest->snapshot->Find(kPositionsSection)) {
      KEYWATCH_RETURN_IF_ERROR(DecodePositions(*bytes, &restored));
    }
    Log(LogLevel::kInfo, "state restored", {{"file", latest->file}});
  }
  for (size_t i = 0; i < inputs_.size(); ++i) {
    positions_[i] = restored[inputs_[i].source->name()];
    KEYWATCH_RETURN_IF_ERROR(inputs_[i].source->Open(positions_[i]));
  }
  started_at_ = last_snapshot_ = last_record_ = record::WallNow();
  clocks_.Start(last_record_);
  // What was read before a restart was read from one of them.
  newest_event_.assign(inputs_.size(), engine_->newest());
  probe_.TakeUp(engine_->Report());
  UpdateHealth();  // or it would look ready before the sources are
  std::lock_guard lock(mutex_);
  started_ = true;
  return {};
}

void Worker::SetProblem(std::string* place, const std::string& text) {
  std::lock_guard lock(mutex_);
  if (*place == text)
    return;
  if (!text.empty())
    Log(LogLevel::kError, text);
  *place = text;
}

// Waits before attempt `attempt`, a little at a time so that a stop is seen.
void Worker::WaitBefore(int attempt, const std::atomic<bool>& stop) {
  BackoffPolicy policy{std::chrono::milliseconds(100), std::chrono::milliseconds(5000), 2.0};
  auto left = BackoffDelay(policy, attempt, static_cast<uint64_t>(attempt));
  while (left.count() > 0 && !stop) {
    auto nap = std::min(left, std::chrono::milliseconds(50));
    std::this_thread::sleep_for(nap);
    left -= nap;
    Turn();
  }
}

// Alerts are handed over until they are durable; nothing else happens meanwhile.
void Worker::Emit(std::vector<alert::Alert> alerts, const std::atomic<bool>& stop) {
  if (!alerts.empty())
    StoreAlerts(alerts, stop);
  if (!outputs_.ended || incomplete_)
    return;
  std::vector<alert::EndedAlert> ended = engine_->TakeEnded();
  if (!ended.empty())
    Store([&] { return outputs_.ended(ended); }, "ends of alerts cannot be stored", stop);
}

void Worker::StoreAlerts(const std::vector<alert::Alert>& alerts, const std::atomic<bool>& stop) {
  std::vector<OutgoingAlert> outgoing;
  outgoing.reserve(alerts.size());
  for (const alert::Alert& alert : alerts) {
    outgoing.push_back({alert.id, alert.rule.id, alert.severity, alert::ToJson(alert)});
    if (auto rule = probe_.rules.find(alert.rule.id); rule != probe_.rules.end()) {
      if (auto matches = rule->second.matches.find(alert.severity);
          matches != rule->second.matches.end()) {
        matches->second.Add();
      }
    }
    if (auto emitted = probe_.emitted.find(alert.severity); emitted != probe_.emitted.end()) {
      emitted->second.Add();
    }
    const alert::LatencyPassport& passport = alert.latency;
    if (passport.broker > 0) {
      probe_.latency.at("enqueue").Observe(record::ToSeconds(passport.broker - passport.event));
      probe_.latency.at("read").Observe(record::ToSeconds(passport.read - passport.broker));
    }
    if (passport.read > 0) {
      probe_.latency.at("evaluate").Observe(record::ToSeconds(passport.evaluated - passport.read));
    }
  }
  Store([&] { return outputs_.alerts(outgoing); }, "alerts cannot be stored", stop);
}

// Again and again until it works: what is found is neither lost nor overtaken. False if the stop
// came before.
bool Worker::Store(const std::function<Status()>& store,
                   const char* problem,
                   const std::atomic<bool>& stop) {
  for (int attempt = 1;; ++attempt) {
    Status stored = store();
    if (stored.ok())
      break;
    SetProblem(&outbox_problem_,
               std::string(problem) + ", reading has stopped: " + stored.message());
    WaitBefore(attempt, stop);
    if (stop) {
      incomplete_ = true;  // no snapshot any more: found again after the restart
      return false;
    }
  }
  SetProblem(&outbox_problem_, "");
  return true;
}

void Worker::Evaluate(size_t input, const RawBatch& batch, const std::atomic<bool>& stop) {
  SourceProbe& source = probe_.sources[input];
  auto reject = [&](const RejectedRecord& rejected) {
    if (auto counter = source.rejected.find(rejected.reason); counter != source.rejected.end()) {
      counter->second.Add();
    }
    if (incomplete_)
      return;  // given up on the batch: it is read again
    Store([&] { return outputs_.reject(rejected); }, "a rejected record cannot be stored", stop);
  };
  size_t bytes = 0;
  for (const RawMessage& message : batch.messages)
    bytes += message.bytes.size();
  source.bytes.Add(static_cast<double>(bytes));
  record::RecordBatch rows;
  std::vector<bool> fresh;
  size_t next = 0;
  // A stop does not cut a batch in two: what is saved is as far as its positions say.
  while (next < batch.messages.size() && !incomplete_) {
    inputs_[input].decoder->Decode(batch, &next, &rows, reject);
    Ticks begin = record::WallNow();
    uint64_t seen = duplicates_.seen();
    duplicates_.Mark(rows, &fresh);
    source.received.Add(static_cast<double>(rows.rows));
    source.duplicates.Add(static_cast<double>(duplicates_.seen() - seen));
    std::vector<alert::Alert> alerts;
    engine_->Process(rows, fresh, &alerts, clocks_.Of(input));
    probe_.batch_seconds.Observe(record::ToSeconds(record::WallNow() - begin));
    Emit(std::move(alerts), stop);
    Turn();
    if (rows.rows > 0) {
      Ticks newest = *std::max_element(rows.event_time.begin(), rows.event_time.end());
      clocks_.OnRows(input, newest);
      source.event_lag.Observe(record::ToSeconds(batch.read_time - newest));
      source.last_event.Set(record::ToUnixSeconds(newest));
      newest_event_[input] = std::max(newest_event_[input], newest);
      last_read_[input] = batch.read_time;
    }
  }
}

Result<Worker::StepOutcome> Worker::Step(size_t input,
                                         std::chrono::milliseconds timeout,
                                         const std::atomic<bool>& stop) {
  Result<RawBatch> batch = inputs_[input].source->Poll(timeout);
  if (!batch)
    return batch.error();
  Ticks now = record::WallNow();
  if (!batch->messages.empty()) {
    last_record_ = now;
    clocks_.OnBatch(input, now);
    Evaluate(input, *batch, stop);
  } else {
    clocks_.OnNothing(input, inputs_[input].source->Health(), now);
  }
  if (incomplete_)
    return StepOutcome::kRead;  // half done: its positions do not count
  for (const auto& [partition, position] : batch->next) {
    if (position == kForgetPosition) {
      positions_[input].erase(partition);
    } else {
      positions_[input][partition] = position;
    }
    OnChange();
  }
  if (batch->end)
    clocks_.OnEnd(input);
  AdvanceComplete(stop);
  if (batch->end)
    return StepOutcome::kEnded;
  return batch->messages.empty() ? StepOutcome::kNothing : StepOutcome::kRead;
}

// One source has caught up with the others.
void Worker::AdvanceComplete(const std::atomic<bool>& stop) {
  Ticks before = engine_->complete();
  std::vector<alert::Alert> alerts;
  engine_->CompleteTo(clocks_.Complete(), &alerts);
  if (engine_->complete() != before)
    OnChange();
  Emit(std::move(alerts), stop);
}

// A quiet source must not keep results waiting that only need time to pass. What a source that is
// not connected has for us is not known, so time waits for it.
void Worker::AdvanceWhenIdle(const std::atomic<bool>& stop) {
  Ticks now = record::WallNow();
  if (settings_.idle_timeout == 0 || now - last_record_ < settings_.idle_timeout ||
      !clocks_.CaughtUp()) {
    return;
  }
  Ticks reached = now - settings_.idle_timeout;
  if (engine_->newest() == 0 || reached <= engine_->newest())
    return;
  std::vector<alert::Alert> alerts;
  engine_->AdvanceTo(reached, &alerts);
  Emit(std::move(alerts), stop);
  OnChange();
}

void Worker::OnChange() {
  if (changed_at_ == 0)
    changed_at_ = record::WallNow();
}

void Worker::BeginSnapshot() {
  if (incomplete_)
    return;
  last_snapshot_ = record::WallNow();
  SnapshotSections sections = engine_->Save();
  sections.emplace_back(kPositionsSection, EncodePositions(inputs_, positions_));
  writer_.Begin(std::move(sections), positions_, outputs_.sync_rejects);
  saving_since_ = std::exchange(changed_at_, 0);
}

// What a source is told to commit are the positions of the snapshot, not those of now.
void Worker::FinishSnapshot(const std::optional<SnapshotWriter::Written>& written) {
  if (!written)
    return;
  Ticks since = std::exchange(saving_since_, 0);
  if (!written->status.ok()) {
    probe_.checkpoint_failures.Add();
    SetProblem(&snapshot_problem_,
               "no snapshot can be written, source offsets stay: " + written->status.message());
    changed_at_ = since;
    return;
  }
  SetProblem(&snapshot_problem_, "");
  durable_at_ = record::WallNow();
  probe_.checkpoint_seconds.Observe(record::ToSeconds(durable_at_ - written->begun));
  probe_.checkpoint_bytes.Set(static_cast<double>(written->bytes));
  probe_.checkpoint_success.Set(record::ToUnixSeconds(durable_at_));
  for (size_t i = 0; i < inputs_.size(); ++i)
    inputs_[i].source->Commit(written->positions[i]);
}

// What a source that does not answer keeps from being raised, in words; "" if nothing. It is waited
// for without end: what it has for us is not known, and a rule that asks for something missing
// would raise what is merely not read yet.
std::string Worker::HeldBack(size_t input, const SourceHealth& health, const std::string& rules) {
  const Ticks now = record::WallNow();
  if (health.connected && health.assigned) {
    down_since_[input] = 0;
    return "";
  }
  if (down_since_[input] == 0)
    down_since_[input] = now;
  if (rules.empty() || input_ended_[input] || now - down_since_[input] < settings_.held_back_after)
    return "";
  return "; rules that wait for complete records raise nothing new until it is back, or taken out "
         "of the configuration: " +
         rules;
}

namespace {

// The names of those that wait for completeness, a few of them.
std::string WaitingRules(const std::vector<RuleReport>& reports, size_t* count) {
  std::string names;
  *count = 0;
  for (const RuleReport& report : reports) {
    if (!report.waits)
      continue;
    if (++*count <= kRulesNamed)
      names += (names.empty() ? "" : ", ") + report.rule->name;
  }
  if (*count > kRulesNamed)
    names += fmt::format(" and {} more", *count - kRulesNamed);
  return names;
}

}  // namespace

void Worker::UpdateHealth() {
  Ticks now = record::WallNow();
  if (now - last_health_ < kHealthInterval)
    return;
  last_health_ = now;
  std::vector<RuleReport> reports = engine_->Report();
  size_t waiting = 0;
  const std::string waiting_rules = WaitingRules(reports, &waiting);
  std::vector<SourceHealth> healths;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    SourceHealth health = inputs_[i].source->Health();
    probe_.sources[i].Update(health);
    Ticks complete = std::min(clocks_.Complete(i), engine_->newest());
    if (complete > 0)
      probe_.sources[i].watermark.Set(
          record::ToUnixSeconds(complete - engine_->settings().lateness));
    std::string problem;
    const std::string held_back = HeldBack(i, health, waiting_rules);
    probe_.sources[i].rules_held_back.Set(held_back.empty() ? 0 : static_cast<double>(waiting));
    if (!health.connected || !health.assigned) {
      if (health.problem.empty())
        health.problem = health.connected ? "not assigned yet" : "not connected";
      health.problem += held_back;
      problem = "source " + inputs_[i].source->name() + ": " + health.problem;
    }
    SetProblem(&source_problems_[i], problem);
    healths.push_back(std::move(health));
  }
  probe_.Update(reports, engine_->complete(), engine_->settings().lateness);
  probe_.Update(engine_->shared_work(), saving_since_ != 0 ? saving_since_ : changed_at_);
  UpdateView(std::move(healths), std::move(reports));
}

void Worker::UpdateView(std::vector<SourceHealth> healths, std::vector<RuleReport> reports) {
  auto view = std::make_shared<WorkerView>();
  view->taken = record::WallNow();
  view->started = started_at_;
  view->newest_event = engine_->newest();
  if (engine_->complete() > 0)
    view->watermark = engine_->complete() - engine_->settings().lateness;
  view->last_snapshot = durable_at_;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const SourceProbe& probe = probe_.sources[i];
    SourceView& source = view->sources.emplace_back();
    source.name = inputs_[i].source->name();
    source.records = static_cast<uint64_t>(probe.received.Value());
    source.duplicates = static_cast<uint64_t>(probe.duplicates.Value());
    for (const auto& [reason, rejected] : probe.rejected)
      source.rejected += static_cast<uint64_t>(rejected.Value());
    source.newest_event = newest_event_[i];
    source.last_read = last_read_[i];
    blind_.LookAtSource(
        source.name, {healths[i].gaps, healths[i].gap_records, newest_event_[i]}, view->taken);
    source.health = std::move(healths[i]);
  }
  for (const RuleReport& report : reports)
    blind_.LookAtRule(report.rule->id, report.evictions, view->newest_event, view->taken);
  probe_.Update(blind_);
  view->rules = std::move(reports);
  view->scan_time = engine_->shared_work().time;
  view->blind = blind_.intervals();
  view->blind_forgotten = blind_.forgotten();
  TellSuppressedLogLines();
  std::lock_guard lock(mutex_);
  view_ = std::move(view);
}

std::shared_ptr<const WorkerView> Worker::View() const {
  std::lock_guard lock(mutex_);
  return view_;
}

Status Worker::Round(const std::atomic<bool>& stop) {
  bool alone = inputs_.size() == 1;
  bool anything = false;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (input_ended_[i])
      continue;
    Result<StepOutcome> step = Step(i, alone ? kPollTimeout : std::chrono::milliseconds(0), stop);
    if (!step)
      return step.error();
    input_ended_[i] = *step == StepOutcome::kEnded;
    anything = anything || *step == StepOutcome::kRead;
  }
  if (!alone && !anything)
    std::this_thread::sleep_for(kBetweenRounds);
  return {};
}

void Worker::Turn() {
  ++turns_;
  last_turn_ = std::chrono::steady_clock::now();
}

std::string Worker::Hang() const {
  const auto silent = std::chrono::steady_clock::now() - last_turn_.load();
  if (!turning_ || silent < settings_.hang_after)
    return "";
  return fmt::format(
      "the evaluation loop has not turned for {} s: restart keywatch; nothing is lost, state and "
      "positions are on disk",
      std::chrono::duration_cast<std::chrono::seconds>(silent).count());
}

Status Worker::Run(const std::atomic<bool>& stop) {
  Status failure;
  Turn();
  turning_ = true;
  while (!stop && failure.ok() && std::count(input_ended_.begin(), input_ended_.end(), false) > 0) {
    Turn();
    failure = Round(stop);
    AdvanceWhenIdle(stop);
    UpdateHealth();
    FinishSnapshot(writer_.Take());
    bool due = record::WallNow() - last_snapshot_ >= settings_.snapshot_interval;
    if (due && changed_at_ != 0 && !writer_.busy())
      BeginSnapshot();
  }
  turning_ = false;  // the last snapshot may take what it takes
  FinishSnapshot(writer_.Wait());
  if (changed_at_ != 0) {
    BeginSnapshot();
    FinishSnapshot(writer_.Wait());
  }
  last_health_ = 0;
  UpdateHealth();
  for (Input& input : inputs_)
    input.source->Close();
  ended_ = true;
  return failure;
}

std::vector<std::string> Worker::Problems() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> problems;
  if (std::string hang = Hang(); !hang.empty())
    problems.push_back(std::move(hang));
  if (!started_)
    problems.emplace_back("state is being restored");
  for (const std::string* problem : {&outbox_problem_, &snapshot_problem_}) {
    if (!problem->empty())
      problems.push_back(*problem);
  }
  for (const std::string& problem : source_problems_) {
    if (!problem.empty())
      problems.push_back(problem);
  }
  return problems;
}

}  // namespace keywatch::pipeline
