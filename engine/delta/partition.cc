#include "engine/delta/partition.h"

#include <algorithm>

#include "engine/base/check.h"

namespace keywatch::delta {

using record::Row;
using record::Value;

namespace {

constexpr size_t kEvidenceKept = 5;

bool IsTrue(const Value& value) { return !value.is_null() && value.boolean(); }

// The earliest of what the leaves tell; null if none does.
template <class Tell>
std::optional<Ticks> Earliest(const std::vector<LeafStore>& leaves, const Tell& tell) {
  std::optional<Ticks> earliest;
  for (const LeafStore& leaf : leaves) {
    std::optional<Ticks> own = tell(leaf);
    if (own && (!earliest || *own < *earliest))
      earliest = own;
  }
  return earliest;
}

// Null when a part of the key is null: such a row matches nothing.
std::optional<Row> JoinKey(const RowPrograms& programs, const Row& row) {
  Row key = programs.Run(row);
  for (const Value& value : key) {
    if (value.is_null())
      return std::nullopt;
  }
  return key;
}

}  // namespace

Partition::Partition(const BranchProgram& program)
    : program_(&program), states_(program.plan->ops.size()) {
  for (const LeafPlan& leaf : program.plan->leaves)
    leaves_.emplace_back(leaf.presence);
}

bool Partition::empty() const {
  return raised_.empty() &&
         std::all_of(leaves_.begin(), leaves_.end(), [](const LeafStore& l) { return l.empty(); });
}

size_t Partition::rows() const {
  size_t rows = 0;
  for (const LeafStore& leaf : leaves_)
    rows += leaf.size();
  return rows;
}

std::optional<Ticks> Partition::NextChange() const {
  return Earliest(leaves_, [&](const LeafStore& leaf) { return leaf.NextChange(cursor_); });
}

std::optional<Ticks> Partition::NextBegin() const {
  if (program_->plan->hold)
    return NextChange();
  return Earliest(leaves_, [&](const LeafStore& leaf) { return leaf.NextEntering(cursor_); });
}

Ticks Partition::End() const {
  Ticks end = cursor_;
  for (const LeafStore& leaf : leaves_)
    end = std::max(end, leaf.End().value_or(cursor_));
  return end;
}

bool Partition::IsHidden(size_t leaf, const StoredRow& row) const {
  const std::vector<HiddenBy>& hidden_by = program_->plan->leaves[leaf].hidden_by;
  const std::vector<RowPrograms>& keys = program_->leaves[leaf].hidden_keys;
  for (size_t i = 0; i < hidden_by.size(); ++i) {
    if (leaves_[hidden_by[i].leaf].Covers(keys[i].Run(row.values), row.lo, row.hi))
      return true;
  }
  return false;
}

bool Partition::Insert(size_t leaf, StoredRow row, Ticks limit, std::vector<Finding>* found) {
  Ticks lo = row.lo;
  bool keep_evidence = row.evidence != nullptr;
  bool presence = program_->plan->leaves[leaf].presence;
  if (lo <= cursor_ && !(presence && leaves_[leaf].ExtendsOnly(row, cursor_))) {
    // Visible before the cursor: insert it where it belongs, then look at everything since again.
    Ticks back_to = cursor_;
    Backward(lo - 1);
    Reopen();
    bool is_new = leaves_[leaf].Insert(std::move(row));
    if (keep_evidence)
      leaves_[leaf].TrimEvidence(kEvidenceKept);
    Forward(back_to, true);
    FinishPass(found);
    return is_new;
  }
  bool is_new = leaves_[leaf].Insert(std::move(row));
  if (keep_evidence)
    leaves_[leaf].TrimEvidence(kEvidenceKept);
  if (is_new && lo > cursor_ && lo <= limit)
    Advance(lo, found);
  return is_new;
}

void Partition::Advance(Ticks t, std::vector<Finding>* found) {
  if (t <= cursor_)
    return;
  Forward(t, true);
  FinishPass(found);
}

void Partition::MoveSilently(Ticks t) {
  if (t < cursor_) {
    Backward(t);
  } else {
    Forward(t, false);
  }
}

void Partition::Forward(Ticks t, bool observe) {
  observing_ = observe;
  for (std::optional<Ticks> change = NextChange(); change && *change <= t; change = NextChange()) {
    cursor_ = *change;
    ApplyChanges(cursor_, true);
  }
  cursor_ = std::max(cursor_, t);
  observing_ = false;
}

void Partition::Backward(Ticks t) {
  while (true) {
    std::optional<Ticks> last;
    for (const LeafStore& leaf : leaves_) {
      std::optional<Ticks> change = leaf.LastChange(cursor_);
      if (change && (!last || *change > *last))
        last = change;
    }
    if (!last || *last <= t)
      break;
    ApplyChanges(*last, false);
    cursor_ = *last - 1;
  }
  cursor_ = std::min(cursor_, t);
}

void Partition::ApplyChanges(Ticks t, bool forward) {
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    leaves_[leaf].ForEachLeaving(
        t, [&](const StoredRow& row) { PushLeaf(leaf, row, forward ? -1 : 1); });
    leaves_[leaf].ForEachEntering(
        t, [&](const StoredRow& row) { PushLeaf(leaf, row, forward ? 1 : -1); });
  }
  Settle();
}

void Partition::PushLeaf(size_t leaf, const StoredRow& row, int weight) {
  for (size_t op = 0; op < program_->plan->ops.size(); ++op) {
    const OpPlan& plan = program_->plan->ops[op];
    if (plan.kind != OpPlan::Kind::kLeaf || plan.leaf != leaf)
      continue;
    if (plan.parent != SIZE_MAX && program_->plan->ops[plan.parent].kind == OpPlan::Kind::kGroup) {
      PushGroup(plan.parent, row.values, weight);  // has no use for the row's identity
      continue;
    }
    Row key = {Value::Long(static_cast<int64_t>(row.record_id))};
    PushUp(op, {row.values, std::move(key)}, weight);
  }
}

void Partition::PushUp(size_t op, DeltaRow row, int weight) {
  const OpPlan& plan = program_->plan->ops[op];
  if (plan.parent == SIZE_MAX) {
    PushTop(std::move(row), weight);
  } else {
    Push(plan.parent, plan.port, std::move(row), weight);
  }
}

void Partition::Push(size_t op, size_t port, DeltaRow row, int weight) {
  const OpProgram& program = program_->ops[op];
  switch (program_->plan->ops[op].kind) {
    case OpPlan::Kind::kFilter:
      if (IsTrue(program.predicate.Run(row.values)[0])) {
        PushUp(op, std::move(row), weight);
      }
      break;
    case OpPlan::Kind::kProject:
      row.values = program.columns.Run(row.values);
      PushUp(op, std::move(row), weight);
      break;
    case OpPlan::Kind::kUnion:
      row.key.push_back(Value::Long(static_cast<int64_t>(port)));
      PushUp(op, std::move(row), weight);
      break;
    case OpPlan::Kind::kGroup:
      PushGroup(op, row.values, weight);
      break;
    case OpPlan::Kind::kSemi:
      PushSemi(op, port, std::move(row), weight);
      break;
    case OpPlan::Kind::kLeaf:
      KEYWATCH_CHECK(false, "a leaf has no input");
  }
}

void Partition::PushGroup(size_t op, const Row& values, int weight) {
  const OpPlan& plan = program_->plan->ops[op];
  const OpProgram& program = program_->ops[op];
  OpState& state = states_[op];
  auto [entry, is_new] = state.groups.try_emplace(program.keys.Run(values));
  Group& group = entry->second;
  if (is_new) {
    for (const plan::Aggregate& aggregate : plan.aggregates) {
      group.accumulators.emplace_back(aggregate);
    }
  }
  group.rows += weight;
  for (size_t a = 0; a < group.accumulators.size(); ++a) {
    group.accumulators[a].Apply(program.arguments[a].Run(values), weight);
  }
  if (!group.dirty) {
    group.dirty = true;
    state.dirty.push_back(&entry->first);
  }
}

void Partition::PushSemi(size_t op, size_t port, DeltaRow row, int weight) {
  const OpProgram& program = program_->ops[op];
  bool anti = program_->plan->ops[op].anti;
  Matches& matches = states_[op].matches;
  std::optional<Row> key = JoinKey(port == 0 ? program.left_keys : program.right_keys, row.values);
  if (port == 0) {
    if (!key) {
      if (anti)
        PushUp(op, std::move(row), weight);
      return;
    }
    Match& match = matches[*key];
    auto& [held, count] = match.left[row.key];
    count += weight;
    if (count == 0) {
      match.left.erase(row.key);
    } else {
      held = row;
    }
    bool passes = (match.right > 0) != anti;
    if (match.left.empty() && match.right == 0)
      matches.erase(*key);
    if (passes)
      PushUp(op, std::move(row), weight);
    return;
  }
  if (!key)
    return;
  Match& match = matches[*key];
  bool before = match.right > 0;
  match.right += weight;
  bool after = match.right > 0;
  if (before != after) {
    // The left rows begin or stop to have a match.
    int left_weight = after != anti ? 1 : -1;
    for (const auto& [left_key, held] : match.left) {
      PushUp(op, held.first, left_weight * static_cast<int>(held.second));
    }
  }
  if (match.left.empty() && match.right == 0)
    matches.erase(*key);
}

void Partition::PushTop(DeltaRow row, int weight) {
  touched_.push_back(row.key);
  Held& held = held_[row.key];
  held.weight += weight;
  if (weight > 0)
    held.row = std::move(row);
}

void Partition::Settle() {
  for (size_t op = 0; op < states_.size(); ++op) {
    if (states_[op].dirty.empty())
      continue;
    if (program_->plan->ops[op].parent == SIZE_MAX) {
      SettleTopGroups();
    } else {
      SettleGroup(op);
    }
  }
  for (const Row& key : std::exchange(touched_, {})) {
    auto held = held_.find(key);
    if (held == held_.end())
      continue;
    bool holds = held->second.weight > 0;
    SetPresent(key, holds);
    if (!holds)
      held_.erase(held);
  }
}

// A group below another operator: its old row goes, its new row comes.
void Partition::SettleGroup(size_t op) {
  OpState& state = states_[op];
  for (const Row* key_pointer : std::exchange(state.dirty, {})) {
    Row key = *key_pointer;
    Group& group = state.groups.at(key);
    group.dirty = false;
    std::optional<Row> next;
    if (group.rows > 0)
      next = GroupRow(op, key, group, nullptr);
    std::optional<Row> last = std::exchange(group.emitted, next);
    if (group.rows == 0)
      state.groups.erase(key);
    if (last && next && record::SameRow(*last, *next))
      continue;
    if (last)
      PushUp(op, {std::move(*last), key}, -1);
    if (next)
      PushUp(op, {std::move(*next), key}, 1);
  }
}

void Partition::SettleTopGroups() {
  size_t op = states_.size() - 1;
  OpState& state = states_[op];
  for (const Row* dirty : std::exchange(state.dirty, {})) {
    auto entry = state.groups.find(*dirty);
    const auto& [key, group] = *entry;
    entry->second.dirty = false;
    bool holds = group.rows > 0;
    if (holds && !program_->predicate.empty()) {
      Row row = GroupRow(op, key, group, &program_->predicate_reads);
      holds = IsTrue(program_->predicate.Run(row)[0]);
    }
    SetPresent(key, holds);
    if (group.rows == 0)
      state.groups.erase(entry);
  }
}

// The group's output row; with `only`, columns that are not in it are null.
Row Partition::GroupRow(size_t op,
                        const Row& key,
                        const Group& group,
                        const std::vector<bool>* only) const {
  const OpPlan& plan = program_->plan->ops[op];
  Row row = key;
  for (size_t a = 0; a < group.accumulators.size(); ++a) {
    bool several =
        plan.aggregates[a].function == "arg_max" || plan.aggregates[a].function == "arg_min";
    size_t width = several ? plan.aggregates[a].args.size() : 1;
    bool wanted = only == nullptr;
    for (size_t c = row.size(); c < row.size() + width && !wanted; ++c)
      wanted = (*only)[c];
    if (wanted) {
      for (Value& value : group.accumulators[a].Result())
        row.push_back(std::move(value));
    } else {
      for (size_t c = 0; c < width; ++c) {
        row.push_back(Value::Null(plan.output.columns[row.size()].type));
      }
    }
  }
  return row;
}

Row Partition::ResultRow(const Row& key) const {
  size_t top = states_.size() - 1;
  if (program_->plan->ops[top].kind == OpPlan::Kind::kGroup) {
    const Group& group = states_[top].groups.at(key);
    return program_->columns.Run(GroupRow(top, key, group, nullptr));
  }
  return program_->columns.Run(held_.at(key).row.values);
}

std::vector<Row> Partition::Results() const {
  std::vector<Row> rows;
  for (const auto& [key, present] : present_)
    rows.push_back(ResultRow(key));
  return rows;
}

void Partition::SetPresent(const Row& key, bool holds) {
  auto found = present_.find(key);
  bool held = found != present_.end();
  if (held == holds)
    return;
  if (holds) {
    present_.emplace(key, true);
    if (observing_)
      Appeared(key);
  } else {
    present_.erase(found);
    if (observing_)
      Vanished(key);
  }
}

// What holds at the cursor has no end yet: the pass that follows sees it end again, if it still
// does.
void Partition::Reopen() {
  for (RaisedInterval& raised : raised_) {
    if (raised.start <= cursor_ && raised.end > cursor_ && present_.contains(raised.key)) {
      raised.end = kNever;
      extended_ = true;
    }
  }
}

RaisedInterval* Partition::Touching(const Row& key, Ticks start, Ticks end) {
  for (RaisedInterval& raised : raised_) {
    if (raised.start <= end && raised.end >= start && record::SameRow(raised.key, key)) {
      return &raised;
    }
  }
  return nullptr;
}

// Late rows may join what was raised as several intervals: they are one then, and end together.
void Partition::JoinRaised() {
  if (!std::exchange(extended_, false) || raised_.size() < 2)
    return;
  std::vector<RaisedInterval*> sorted;
  for (RaisedInterval& raised : raised_)
    sorted.push_back(&raised);
  std::sort(sorted.begin(), sorted.end(), [](const RaisedInterval* a, const RaisedInterval* b) {
    RowLess less;
    if (less(a->key, b->key) || less(b->key, a->key))
      return less(a->key, b->key);
    return a->start < b->start;
  });
  for (size_t from = 0; from < sorted.size();) {
    Ticks end = sorted[from]->end;
    size_t to = from + 1;
    while (to < sorted.size() && sorted[to]->start <= end &&
           record::SameRow(sorted[to]->key, sorted[from]->key)) {
      end = std::max(end, sorted[to]->end);
      ++to;
    }
    for (size_t i = from; i < to; ++i) {
      sorted[i]->start = sorted[from]->start;
      sorted[i]->end = end;
    }
    from = to;
  }
}

void Partition::Appeared(const Row& key) {
  if (RaisedInterval* raised = Touching(key, cursor_, cursor_)) {
    raised->end = kNever;
    extended_ = true;
    return;
  }
  Pending pending;
  pending.finding.key = key;
  pending.finding.start = cursor_;
  pending.finding.row = ResultRow(key);
  FillEvidence(&pending.finding);
  pending_.emplace(key, std::move(pending));
}

void Partition::Vanished(const Row& key) {
  auto pending = pending_.find(key);
  if (pending != pending_.end()) {
    pending->second.end = cursor_;
    ended_.push_back(std::move(pending->second));
    pending_.erase(pending);
    return;
  }
  for (RaisedInterval& raised : raised_) {
    // One that starts later is ahead of this pass and still holds.
    if (raised.end == kNever && raised.start <= cursor_ && record::SameRow(raised.key, key)) {
      raised.end = cursor_;
    }
  }
}

// Raises what began during the pass, unless it turned out to be part of something raised before.
void Partition::FinishPass(std::vector<Finding>* found) {
  for (auto& [key, pending] : pending_)
    ended_.push_back(std::move(pending));
  pending_.clear();
  for (Pending& pending : ended_) {
    Finding& finding = pending.finding;
    if (RaisedInterval* raised = Touching(finding.key, finding.start, pending.end)) {
      raised->start = std::min(raised->start, finding.start);
      raised->end = std::max(raised->end, pending.end);
      extended_ = true;
      continue;
    }
    raised_.push_back({finding.key, finding.start, pending.end, finding.start});
    found->push_back(std::move(finding));
  }
  ended_.clear();
  // A raised result that no longer holds, without having been seen to end: late rows took it away.
  for (RaisedInterval& raised : raised_) {
    if (raised.end == kNever && !present_.contains(raised.key))
      raised.end = cursor_;
  }
  JoinRaised();
}

// The most recent records of the rows visible now, and the span of their event times. A result
// about one record has that one.
void Partition::FillEvidence(Finding* finding) const {
  bool by_record = program_->plan->by_record;
  std::vector<std::pair<Ticks, record::EvidencePtr>> latest;
  bool any = false;
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    if (program_->plan->leaves[leaf].compared)
      continue;
    leaves_[leaf].ForEachVisible(cursor_, [&](const StoredRow& row) {
      if (by_record && static_cast<int64_t>(row.record_id) != finding->key[0].integral())
        return;
      finding->first_event = any ? std::min(finding->first_event, row.event_time) : row.event_time;
      finding->last_event = any ? std::max(finding->last_event, row.event_time) : row.event_time;
      any = true;
      if (row.evidence != nullptr)
        latest.emplace_back(row.event_time, row.evidence);
    });
  }
  std::stable_sort(
      latest.begin(), latest.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  size_t from = latest.size() > kEvidenceKept ? latest.size() - kEvidenceKept : 0;
  for (size_t i = from; i < latest.size(); ++i)
    finding->evidence.push_back(latest[i].second);
}

std::optional<Ticks> Partition::NextEnd(Ticks lag) const {
  std::optional<Ticks> next;
  for (const RaisedInterval& raised : raised_) {
    std::optional<Ticks> own = NextChange();
    if (raised.end != kNever) {
      // With an input that is behind, the watermark may not have come so far: look again later.
      own = (raised.end + lag < cursor_ ? cursor_ : raised.end) + lag + 1;
    }
    if (own && (!next || *own < *next))
      next = own;
  }
  return next;
}

void Partition::Purge(Ticks t, std::vector<Ended>* ended) {
  for (LeafStore& leaf : leaves_)
    leaf.Purge(t);
  std::erase_if(raised_, [&](RaisedInterval& raised) {
    if (raised.end >= t)
      return false;
    if (ended != nullptr)
      ended->push_back({std::move(raised.key), raised.first_start, raised.end});
    return true;
  });
}

void Partition::RestoreDone(Ticks cursor, std::vector<RaisedInterval> raised) {
  raised_ = std::move(raised);
  Forward(cursor, false);
}

}  // namespace keywatch::delta
