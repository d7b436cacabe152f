#include "engine/delta/delta_query.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/delta/leaf_values.h"

namespace keywatch::delta {

using record::Row;
using record::Type;
using record::Value;

namespace {

// An interval that ended far in the future would overflow: T stays within the datetime range.
Ticks Later(Ticks t, Ticks by) { return t > kNever - record::kMaxDatetime ? t : t + by; }

}  // namespace

DeltaQuery::DeltaQuery(DeltaPlan plan, DeltaSettings settings)
    : plan_(std::move(plan)), settings_(settings) {
  for (const BranchPlan& branch : plan_.branches) {
    branches_.push_back(std::make_unique<Branch>(branch));
  }
}

void DeltaQuery::Begin(Ticks first_event_time) {
  if (origin_ != 0)
    return;
  origin_ = first_event_time;
  for (auto& branch : branches_)
    AddConstants(branch.get(), ConstantRowsOf(branch->program, ConstantsFrom(*branch)), 0);
}

// Rows that are known beforehand are looked at from the time on that records, or what must be
// learned of them, cover.
Ticks DeltaQuery::ConstantsFrom(const Branch& branch) const {
  return std::max(origin_, branch.program.plan->has_baseline ? learning_until() : 0);
}

// In partitions that are not there yet, whose T begins after `reached`.
void DeltaQuery::AddConstants(Branch* branch,
                              std::map<std::string, std::vector<ConstantRow>> rows,
                              Ticks reached) {
  Ticks from = ConstantsFrom(*branch);
  for (auto& [key, constants] : rows) {
    // What was added to a list when its time had come already was not looked for, so it is not said
    // to be missing. What has no time of its own counts from now on.
    std::erase_if(constants, [&](ConstantRow& one) {
      bool over = one.row.hi <= reached || (one.row.lo <= reached && one.row.lo != from);
      one.row.lo = std::max(one.row.lo, reached + 1);
      return over;
    });
    if (constants.empty())
      continue;
    auto entry = branch->slots.try_emplace(key, branch->program).first;
    Slot& slot = entry->second;
    slot.key = &entry->first;
    for (ConstantRow& one : constants)
      slot.partition.Restore(one.leaf, std::move(one.row));
    slot.partition.RestoreDone(reached, {});
    rows_ += slot.partition.rows();
    SetTimer(branch, &slot);
  }
}

void DeltaQuery::BeginEarlier(Ticks first_event_time) {
  if (origin_ != 0)
    origin_ = std::min(origin_, first_event_time);
}

Ticks DeltaQuery::learning_until() const {
  bool baseline = std::any_of(plan_.branches.begin(),
                              plan_.branches.end(),
                              [](const BranchPlan& b) { return b.has_baseline; });
  if (!baseline || !settings_.hold_while_learning || origin_ == 0)
    return 0;
  return origin_ + settings_.period;
}

size_t DeltaQuery::partitions() const {
  size_t count = 0;
  for (const auto& branch : branches_)
    count += branch->slots.size();
  return count;
}

// The last T for which results may be raised when event time is at `clock`.
Ticks DeltaQuery::Limit(const BranchPlan& branch, const EventClock& clock) const {
  if (!branch.hold)
    return clock.newest;
  return clock.complete - settings_.lateness + std::min(*branch.hold, settings_.lateness);
}

Ticks DeltaQuery::next_due() const {
  Ticks due = kNever;
  for (const auto& branch : branches_) {
    if (branch->timers.empty())
      continue;
    Ticks ahead = -Limit(*branch->program.plan, {});  // of Limit, in event time
    due = std::min(due, Later(branch->timers.begin()->first, ahead));
  }
  return due;
}

void DeltaQuery::Stage(size_t branch_number,
                       size_t leaf_number,
                       const eval::Chunk& chunk,
                       const std::vector<RowMeta>& meta) {
  const BranchPlan& branch = plan_.branches[branch_number];
  const LeafPlan& leaf = branch.leaves[leaf_number];
  if (leaf.is_constant())
    return;
  const LeafProgram& program = branches_[branch_number]->program.leaves[leaf_number];
  std::vector<uint32_t> selected = program.predicate.Select(chunk, {});
  if (selected.empty())
    return;
  // What few rows need is not computed for all.
  bool narrower = selected.size() < chunk.rows;
  const eval::Chunk gathered = narrower ? eval::Gather(chunk, selected) : eval::Chunk();
  const eval::Chunk& input = narrower ? gathered : chunk;
  LeafValues values(leaf, program, input);
  Ticks learned = leaf.compared ? 0 : learning_until();
  if (!branch.has_baseline)
    learned = 0;
  for (size_t i = 0; i < selected.size(); ++i) {
    const RowMeta& record = meta[selected[i]];
    StagedRow staged;
    staged.order = record.order;
    staged.branch = branch_number;
    staged.leaf = leaf_number;
    staged.before = record.before;
    staged.after = record.after;
    StoredRow& row = staged.row;
    row.event_time = record.event_time;
    row.record_id = record.record_id;
    row.lo = record.event_time;
    row.hi = record.event_time + settings_.period + 1;
    bool visible = values.Narrow(i, &row.lo, &row.hi);
    staged.begin = row.lo;
    // What came after the watermark had reached it counts from then on only: earlier T are decided.
    Ticks watermark = record.before.complete - settings_.lateness;
    if (record.event_time <= watermark && settings_.lateness > 0) {
      ++late_rows_;
      row.lo = std::max(row.lo, Later(watermark, leaf.negated ? leaf.lag : 0) + 1);
    }
    row.lo = std::max(row.lo, learned);
    if (!visible || row.lo >= row.hi)
      continue;
    values.AppendKey(i, &staged.key);
    // A branch without state keeps each record by itself.
    if (staged.key.empty() && branch.ops.size() == 1)
      staged.key.assign(reinterpret_cast<const char*>(&row.record_id), sizeof row.record_id);
    row.values = values.Output(i);
    staged_.push_back(std::move(staged));
  }
}

void DeltaQuery::Run(const EvidenceOf& evidence, std::vector<Finding>* found) {
  auto earlier = [](const StagedRow& a, const StagedRow& b) { return a.order < b.order; };
  if (!std::is_sorted(staged_.begin(), staged_.end(), earlier))  // several leaves
    std::stable_sort(staged_.begin(), staged_.end(), earlier);
  for (StagedRow& staged : staged_)
    InsertRow(std::move(staged), evidence, found);
  staged_.clear();
  EnforceBound();
}

template <class Keyed>
void DeltaQuery::Tag(size_t branch, size_t from, std::vector<Keyed>* found) const {
  if (branches_.size() == 1)
    return;
  for (size_t i = from; i < found->size(); ++i) {
    (*found)[i].key.push_back(Value::Long(static_cast<int64_t>(branch)));
  }
}

void DeltaQuery::Purge(size_t branch, Partition* partition, Ticks t) {
  size_t from = ended_.size();
  partition->Purge(t, settings_.report_ends ? &ended_ : nullptr);
  Tag(branch, from, &ended_);
}

void DeltaQuery::InsertRow(StagedRow staged,
                           const EvidenceOf& evidence,
                           std::vector<Finding>* found) {
  Branch& branch = *branches_[staged.branch];
  const BranchPlan& plan = *branch.program.plan;
  size_t from = found->size();
  if (plan.stateless) {
    // The identity of the record is the identity of the finding; who delivers it knows duplicates.
    Finding finding;
    finding.key = {Value::Long(static_cast<int64_t>(staged.row.record_id))};
    // Not when it came: delivered once more, later, it must be found to be the same.
    finding.start = staged.begin;
    finding.first_event = finding.last_event = staged.row.event_time;
    finding.row = branch.program.columns.Run(staged.row.values);
    finding.evidence.push_back(evidence(staged.order));
    found->push_back(std::move(finding));
    Tag(staged.branch, from, found);
    return;
  }
  // What the records before this one made due comes first, however they were batched.
  Ticks watermark = staged.before.complete - settings_.lateness;
  RunTimers(staged.branch, Limit(plan, staged.before), watermark, found);
  from = found->size();
  auto entry = branch.slots.find(staged.key);
  if (entry != branch.slots.end() && entry->second.partition.IsHidden(staged.leaf, staged.row))
    return;
  if (!plan.leaves[staged.leaf].compared)
    staged.row.evidence = evidence(staged.order);
  if (entry == branch.slots.end()) {
    entry = branch.slots.try_emplace(std::move(staged.key), branch.program).first;
    entry->second.key = &entry->first;
  }
  Slot& slot = entry->second;
  rows_ -= slot.partition.rows();
  slot.partition.Insert(staged.leaf, std::move(staged.row), Limit(plan, staged.after), found);
  Purge(staged.branch, &slot.partition, std::min(slot.partition.cursor(), watermark));
  rows_ += slot.partition.rows();
  SetTimer(&branch, &slot);
  Tag(staged.branch, from, found);
}

// A partition is looked at again when a result may begin or end by itself, and at last when all of
// it can be forgotten. The timer may be early, because rows have come since: it is set anew when it
// runs; moving it with every row would cost more.
void DeltaQuery::SetTimer(Branch* branch, Slot* slot) {
  const BranchPlan& plan = *branch->program.plan;
  Ticks lag = plan.hold ? std::min(*plan.hold, settings_.lateness) : settings_.lateness;
  Ticks next = slot->partition.NextBegin().value_or(Later(slot->partition.End(), lag) + 1);
  if (settings_.report_ends)
    next = std::min(next, slot->partition.NextEnd(lag).value_or(kNever));
  if (slot->timer <= next && slot->timer > slot->partition.cursor())
    return;
  if (slot->timer != kNever)
    branch->timers.erase({slot->timer, slot});
  slot->timer = next;
  branch->timers.emplace(next, slot);
}

void DeltaQuery::AdvanceTo(const EventClock& clock, std::vector<Finding>* found) {
  for (size_t b = 0; b < branches_.size(); ++b) {
    RunTimers(
        b, Limit(*branches_[b]->program.plan, clock), clock.complete - settings_.lateness, found);
  }
}

void DeltaQuery::RunTimers(size_t number,
                           Ticks limit,
                           Ticks watermark,
                           std::vector<Finding>* found) {
  Branch& branch = *branches_[number];
  branch.reached = std::max(branch.reached, limit);
  size_t from = found->size();
  while (!branch.timers.empty() && branch.timers.begin()->first <= limit) {
    Slot* slot = branch.timers.begin()->second;
    Partition& partition = slot->partition;
    rows_ -= partition.rows();
    bool over = !branch.program.plan->hold && !partition.NextBegin() &&
                partition.End() < watermark && !(settings_.report_ends && partition.has_raised());
    if (!over) {
      partition.Advance(limit, found);
      Purge(number, &partition, watermark);
    }
    if (over || partition.empty()) {
      branch.timers.erase({slot->timer, slot});
      branch.slots.erase(branch.slots.find(*slot->key));
    } else {
      rows_ += partition.rows();
      SetTimer(&branch, slot);
    }
  }
  Tag(number, from, found);
}

// At the bound the partitions whose oldest rows are nearest to expiry go first: they have the least
// left to add to a result. Each is counted; a health alert says that findings may be missed.
void DeltaQuery::EnforceBound() {
  for (auto& branch : branches_) {
    while (rows_ > settings_.max_rows && !branch->timers.empty()) {
      Slot* slot = branch->timers.begin()->second;
      Ticks early = std::exchange(slot->timer, kNever);
      branch->timers.erase(branch->timers.begin());
      SetTimer(branch.get(), slot);
      if (slot->timer != early)
        continue;
      rows_ -= slot->partition.rows();
      branch->timers.erase(branch->timers.begin());
      branch->slots.erase(branch->slots.find(*slot->key));
      ++evictions_;
    }
  }
}

std::vector<Row> DeltaQuery::ResultsAt(Ticks t) {
  std::vector<Row> rows;
  for (auto& branch : branches_) {
    for (auto& [key, slot] : branch->slots) {
      slot.partition.MoveSilently(t);
      for (Row& row : slot.partition.Results())
        rows.push_back(std::move(row));
    }
  }
  return rows;
}

namespace {

void SaveEvidence(const record::Evidence& evidence, state::ByteWriter* out) {
  out->String(evidence.record);
  out->String(evidence.origin);
  out->I64(evidence.offset);
  out->U32(evidence.index);
  out->I64(evidence.broker_time);
  out->I64(evidence.read_time);
}

bool LoadEvidence(state::ByteReader* in, record::Evidence* evidence) {
  return in->String(&evidence->record) && in->String(&evidence->origin) &&
         in->I64(&evidence->offset) && in->U32(&evidence->index) &&
         in->I64(&evidence->broker_time) && in->I64(&evidence->read_time);
}

void SavePartition(const BranchPlan& plan, const Partition& partition, state::ByteWriter* out) {
  out->I64(partition.cursor());
  out->Varint(partition.raised().size());
  for (const RaisedInterval& raised : partition.raised()) {
    out->Row(raised.key);
    out->I64(raised.start);
    out->I64(raised.end);
    out->I64(raised.first_start);
  }
  for (size_t l = 0; l < partition.leaves().size(); ++l) {
    const LeafStore& leaf = partition.leaves()[l];
    if (plan.leaves[l].is_constant()) {
      out->Varint(0);
      continue;
    }
    out->Varint(leaf.size());
    leaf.ForEach([&](const StoredRow& row) {
      out->I64(row.lo);
      out->I64(row.hi);
      out->I64(row.event_time);
      out->U64(row.record_id);
      out->Row(row.values);
      out->U8(row.evidence != nullptr ? 1 : 0);
      if (row.evidence != nullptr)
        SaveEvidence(*row.evidence, out);
    });
  }
}

bool LoadRow(state::ByteReader* in, StoredRow* row) {
  uint8_t has_evidence = 0;
  if (!in->I64(&row->lo) || !in->I64(&row->hi) || !in->I64(&row->event_time) ||
      !in->U64(&row->record_id) || !in->Row(&row->values) || !in->U8(&has_evidence)) {
    return false;
  }
  if (has_evidence == 0)
    return true;
  record::Evidence evidence;
  if (!LoadEvidence(in, &evidence))
    return false;
  row->evidence = std::make_shared<const record::Evidence>(std::move(evidence));
  return true;
}

bool LoadPartition(state::ByteReader* in,
                   const BranchPlan& plan,
                   std::vector<ConstantRow> constants,
                   Ticks reached,
                   Partition* partition) {
  Ticks cursor = 0;
  uint64_t raised_count = 0;
  if (!in->I64(&cursor) || !in->Count(25, &raised_count))
    return false;
  std::vector<RaisedInterval> raised(raised_count);
  for (RaisedInterval& interval : raised) {
    if (!in->Row(&interval.key) || !in->I64(&interval.start) || !in->I64(&interval.end) ||
        !in->I64(&interval.first_start)) {
      return false;
    }
  }
  for (size_t leaf = 0; leaf < plan.leaves.size(); ++leaf) {
    uint64_t count = 0;
    if (!in->Count(34, &count))
      return false;
    for (uint64_t i = 0; i < count; ++i) {
      StoredRow row;
      if (!LoadRow(in, &row))
        return false;
      if (row.values.size() != plan.leaves[leaf].output.size() || row.lo >= row.hi) {
        return in->Fail("a row of the leaf's width");
      }
      partition->Restore(leaf, std::move(row));
    }
  }
  for (ConstantRow& constant : constants) {
    const StoredRow& row = constant.row;
    if (row.hi > std::max(cursor, reached) && (row.lo <= cursor || row.lo > reached))
      partition->Restore(constant.leaf, std::move(constant.row));
  }
  partition->RestoreDone(cursor, std::move(raised));
  return true;
}

}  // namespace

void DeltaQuery::Save(state::ByteWriter* out) const {
  KEYWATCH_CHECK(staged_.empty(), "state is saved between batches");
  out->I64(origin_);
  out->U64(evictions_);
  out->U64(late_rows_);
  out->Varint(branches_.size());
  for (const auto& branch : branches_) {
    if (HasConstantRows(*branch->program.plan))
      out->I64(branch->reached);
    out->Varint(branch->slots.size());
    for (const auto& [key, slot] : branch->slots) {
      out->String(key);
      SavePartition(*branch->program.plan, slot.partition, out);
    }
  }
}

Status DeltaQuery::Restore(state::ByteReader* in) {
  uint64_t branch_count = 0;
  if (in->I64(&origin_) && in->U64(&evictions_) && in->U64(&late_rows_) &&
      in->Varint(&branch_count) && branch_count != branches_.size()) {
    in->Fail("as many branches as the rule has");
  }
  for (auto& branch : branches_) {
    uint64_t slots = 0;
    std::map<std::string, std::vector<ConstantRow>> constants;
    if (in->ok() && HasConstantRows(*branch->program.plan) && in->I64(&branch->reached) &&
        origin_ != 0)
      constants = ConstantRowsOf(branch->program, ConstantsFrom(*branch));
    if (!in->ok() || !in->Count(10, &slots))
      break;
    for (uint64_t i = 0; i < slots; ++i) {
      std::string key;
      if (!in->String(&key))
        break;
      auto entry = branch->slots.try_emplace(std::move(key), branch->program).first;
      entry->second.key = &entry->first;
      auto own = constants.extract(entry->first);
      std::vector<ConstantRow> rows;
      if (!own.empty())
        rows = std::move(own.mapped());
      if (!LoadPartition(in,
                         *branch->program.plan,
                         std::move(rows),
                         branch->reached,
                         &entry->second.partition))
        break;
      rows_ += entry->second.partition.rows();
      SetTimer(branch.get(), &entry->second);
    }
    if (in->ok())
      AddConstants(branch.get(), std::move(constants), branch->reached);
  }
  return in->Finish("the state of a rule");
}

}  // namespace keywatch::delta
