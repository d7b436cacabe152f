#include "engine/pipeline/rule_engine.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "engine/alert/alert_id.h"
#include "engine/pipeline/alert_builder.h"
#include "engine/record/hash.h"

namespace keywatch::pipeline {

using record::ColumnData;
using record::RecordBatch;
using record::Ticks;
using record::Type;

namespace {

constexpr char kEngineSection[] = "engine";
constexpr char kCompleteSection[] = "complete";  // absent: as far as the newest record

// A clock that is not set back, read once per rule and batch.
Ticks SteadyTicks() {
  auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count() / 100;
}

std::string SectionName(const rule::Rule& rule) { return "rule/" + rule.id; }

// Whose state it is: of this very rule file, laid out as this program does.
std::string StateIdentity(const rule::CompiledRule& compiled) {
  std::string shape = delta::StateShape(compiled.delta);
  return fmt::format("{} {:016x}", compiled.rule.sha256, record::HashBytes(shape, 0));
}

record::EvidencePtr EvidenceOf(const RecordBatch& batch, uint32_t row) {
  const record::RowOrigin& origin = batch.origin[row];
  record::Evidence evidence;
  evidence.record = batch.raw[row];
  evidence.origin = origin.origin == nullptr ? "" : *origin.origin;
  evidence.offset = origin.offset;
  evidence.index = origin.index;
  evidence.broker_time = origin.broker_time;
  evidence.read_time = batch.read_time;
  return std::make_shared<const record::Evidence>(std::move(evidence));
}

// Where the leaf's columns are in a batch; adds them to the layout.
std::vector<size_t> LayoutColumns(const delta::LeafPlan& leaf,
                                  const record::SchemaCatalog& catalog,
                                  record::BatchLayout* layout) {
  const record::Table* table = catalog.Find(leaf.table);
  std::vector<size_t> columns;
  for (const record::Column& column : leaf.columns.columns) {
    auto declared = std::find_if(
        table->columns.begin(), table->columns.end(), [&](const record::TableColumn& c) {
          return c.name == column.name;
        });
    columns.push_back(layout->Add(*table, *declared));
  }
  return columns;
}

std::vector<bool> ReadByFilter(const delta::LeafPlan& leaf) {
  std::vector<bool> read(leaf.columns.columns.size());
  plan::CollectColumns(leaf.predicate, &read);
  return read;
}

std::vector<bool> ReadByQuery(const delta::LeafPlan& leaf) {
  std::vector<bool> read(leaf.columns.columns.size());
  for (const delta::TemporalBound& bound : leaf.bounds)
    plan::CollectColumns(bound.time, &read);
  for (const auto* exprs : {&leaf.output, &leaf.partition}) {
    for (const plan::ExprPtr& expr : *exprs)
      plan::CollectColumns(expr, &read);
  }
  return read;
}

}  // namespace

RuleEngine::RuleEngine(std::vector<rule::CompiledRule> rules,
                       const record::SchemaCatalog& catalog,
                       EngineSettings settings)
    : settings_(settings) {
  for (rule::CompiledRule& compiled : rules) {
    std::string identity = StateIdentity(compiled);
    rules_.push_back({std::move(compiled), std::move(identity), nullptr, 0, 0, 0});
  }
  std::vector<const delta::LeafPlan*> leaf_plans;
  std::vector<std::vector<size_t>> leaf_columns;
  leaves_of_rule_.resize(rules_.size());
  for (size_t r = 0; r < rules_.size(); ++r) {
    const delta::DeltaPlan& plan = rules_[r].compiled.delta;
    for (size_t b = 0; b < plan.branches.size(); ++b) {
      for (size_t l = 0; l < plan.branches[b].leaves.size(); ++l) {
        const delta::LeafPlan& leaf = plan.branches[b].leaves[l];
        if (leaf.is_constant())
          continue;
        leaves_of_rule_[r].push_back(leaf_plans.size());
        leaf_plans.push_back(&leaf);
        leaf_columns.push_back(LayoutColumns(leaf, catalog, &layout_));
        leaves_.push_back({r, b, l, {}, std::nullopt, {}, {}});
      }
    }
  }
  SharedLeaves shared = ShareColumns(leaf_plans, leaf_columns, layout_);
  scan_ = std::make_unique<Scan>(shared.leaves, shared.columns, shared.all);
  columns_ = std::make_unique<ComputedColumns>(std::move(shared.computed), shared.all);
  for (size_t r = 0; r < rules_.size(); ++r) {
    delta::DeltaPlan plan = rules_[r].compiled.delta;
    for (size_t l : leaves_of_rule_[r]) {
      Leaf& leaf = leaves_[l];
      delta::LeafPlan& leaf_plan = shared.leaves[l];
      leaf_plan.predicate = scan_->Residual(l);
      leaf.columns = std::move(shared.columns[l]);
      leaf.filter.emplace(leaf_plan.predicate);
      leaf.read_by_filter = ReadByFilter(leaf_plan);
      leaf.read_by_query = ReadByQuery(leaf_plan);
      leaf_plan.predicate = plan::And({});  // what the query is given has passed the filter
      plan.branches[leaf.branch].leaves[leaf.leaf] = std::move(leaf_plan);
    }
    delta::DeltaSettings own;
    own.period = rules_[r].compiled.rule.query_period;
    own.lateness = settings.lateness;
    own.hold_while_learning = settings.hold_while_learning;
    own.max_rows = settings.max_rows_per_rule;
    own.report_ends = settings.report_ends;
    rules_[r].query = std::make_unique<delta::DeltaQuery>(std::move(plan), own);
  }
}

eval::Chunk RuleEngine::ChunkOf(const Leaf& leaf,
                                const std::vector<bool>& read,
                                Ticks read_time,
                                const std::vector<uint32_t>& rows) {
  eval::Chunk chunk;
  chunk.rows = rows.size();
  chunk.ingestion_time = read_time;
  chunk.columns.reserve(leaf.columns.size());
  for (size_t c = 0; c < leaf.columns.size(); ++c) {
    size_t column = leaf.columns[c];
    if (read[c])
      columns_->Compute(column, rows);
    const ColumnData& data = *columns_->columns()[column];
    chunk.columns.push_back(read[c] ? Gather(data, rows) : eval::Vector(data.type));
  }
  return chunk;
}

std::vector<uint32_t> RuleEngine::Admitted(const Leaf& leaf,
                                           Ticks read_time,
                                           std::vector<uint32_t> rows) {
  if (rows.empty())
    return rows;
  std::vector<uint32_t> positions =
      leaf.filter->Select(ChunkOf(leaf, leaf.read_by_filter, read_time, rows), {});
  if (positions.size() == rows.size())
    return rows;
  for (uint32_t& position : positions)
    position = rows[position];
  return positions;
}

const std::vector<std::vector<uint32_t>>& RuleEngine::RunScan(const RecordBatch& batch) {
  columns_->Begin(batch);
  all_rows_.resize(batch.rows);
  std::iota(all_rows_.begin(), all_rows_.end(), 0U);
  for (size_t column : scan_->ColumnsRead())
    columns_->Compute(column, all_rows_);
  return scan_->Run(columns_->columns(), batch.rows);
}

std::vector<std::vector<uint32_t>> RuleEngine::Watched(const RecordBatch& batch) {
  std::vector<std::set<uint32_t>> rows_of_rule(rules_.size());
  const auto& selected = RunScan(batch);
  for (size_t l = 0; l < leaves_.size(); ++l) {
    const Leaf& leaf = leaves_[l];
    const delta::DeltaPlan& plan = rules_[leaf.rule].query->plan();
    if (plan.branches[leaf.branch].leaves[leaf.leaf].compared)
      continue;
    std::vector<uint32_t> rows = Admitted(leaf, batch.read_time, selected[l]);
    rows_of_rule[leaf.rule].insert(rows.begin(), rows.end());
  }
  std::vector<std::vector<uint32_t>> out;
  for (const std::set<uint32_t>& rows : rows_of_rule)
    out.emplace_back(rows.begin(), rows.end());
  return out;
}

void RuleEngine::StageLeaf(const Leaf& leaf,
                           const RecordBatch& batch,
                           std::vector<uint32_t> scanned) {
  std::vector<uint32_t> rows = Admitted(leaf, batch.read_time, std::move(scanned));
  if (rows.empty())
    return;
  std::vector<delta::RowMeta> meta;
  meta.reserve(rows.size());
  for (uint32_t row : rows) {
    meta.push_back(
        {row, batch.event_time[row], clocks_[row], clocks_[row + 1], batch.record_id[row]});
  }
  rules_[leaf.rule].query->Stage(
      leaf.branch, leaf.leaf, ChunkOf(leaf, leaf.read_by_query, batch.read_time, rows), meta);
}

void RuleEngine::RaiseFindings(size_t rule,
                               std::vector<delta::Finding> findings,
                               std::vector<alert::Alert>* alerts) {
  Ticks evaluated = findings.empty() ? 0 : record::WallNow();
  for (delta::Finding& finding : findings) {
    alerts->push_back(BuildAlert(rules_[rule].compiled, std::move(finding), evaluated));
    ++rules_[rule].alerts;
  }
}

// Row by row, so that how records are cut into batches makes no difference.
void RuleEngine::TellTime(const RecordBatch& batch,
                          const std::vector<bool>& keep,
                          const InputClock& input) {
  clocks_.assign(1, clock_);
  Ticks own = input.own;
  for (size_t row = 0; row < batch.rows; ++row) {
    own = std::max(own, batch.event_time[row]);
    if (keep[row])
      clock_.newest = std::max(clock_.newest, batch.event_time[row]);
    clock_.complete = std::max(clock_.complete, std::min({own, input.others, clock_.newest}));
    clocks_.push_back(clock_);
  }
}

void RuleEngine::Process(const RecordBatch& batch,
                         const std::vector<bool>& keep,
                         std::vector<alert::Alert>* alerts,
                         const InputClock& input) {
  if (batch.rows == 0)
    return;
  TellTime(batch, keep, input);
  Ticks mark = SteadyTicks();
  const auto& selected = RunScan(batch);
  Ticks scanned = SteadyTicks();
  scan_time_ += scanned - mark;
  mark = scanned;
  std::vector<record::EvidencePtr> built(batch.rows);  // one copy of a record for all rules
  auto evidence = [&](uint32_t row) {
    if (built[row] == nullptr)
      built[row] = EvidenceOf(batch, row);
    return built[row];
  };
  if (!begun_) {
    for (RunningRule& rule : rules_)
      rule.query->Begin(batch.event_time[0]);
    begun_ = true;
  } else if (input.first) {
    for (RunningRule& rule : rules_)
      rule.query->BeginEarlier(batch.event_time[0]);
  }
  has_rows_.assign(rules_.size(), false);
  for (size_t l = 0; l < leaves_.size(); ++l) {
    if (!selected[l].empty())
      has_rows_[leaves_[l].rule] = true;
  }
  for (size_t r = 0; r < rules_.size(); ++r) {
    // Of many rules most have nothing to do with a batch.
    if (!has_rows_[r] && clock_.newest < rules_[r].due)
      continue;
    delta::DeltaQuery& query = *rules_[r].query;
    for (size_t l : leaves_of_rule_[r]) {
      std::vector<uint32_t> rows;
      for (uint32_t row : selected[l]) {
        if (keep[row])
          rows.push_back(row);
      }
      StageLeaf(leaves_[l], batch, std::move(rows));
    }
    std::vector<delta::Finding> findings;
    query.Run(evidence, &findings);
    query.AdvanceTo(clock_, &findings);
    rules_[r].due = query.next_due();
    RaiseFindings(r, std::move(findings), alerts);
    Ticks now = SteadyTicks();
    rules_[r].busy += now - mark;
    mark = now;
  }
}

void RuleEngine::AdvanceTo(Ticks newest, std::vector<alert::Alert>* alerts) {
  clock_.complete = clock_.newest = std::max(clock_.newest, newest);
  AdvanceRules(alerts);
}

void RuleEngine::CompleteTo(Ticks complete, std::vector<alert::Alert>* alerts) {
  complete = std::min(complete, clock_.newest);
  if (complete <= clock_.complete)
    return;
  clock_.complete = complete;
  AdvanceRules(alerts);
}

void RuleEngine::AdvanceRules(std::vector<alert::Alert>* alerts) {
  for (size_t r = 0; r < rules_.size(); ++r) {
    std::vector<delta::Finding> findings;
    rules_[r].query->AdvanceTo(clock_, &findings);
    rules_[r].due = rules_[r].query->next_due();
    RaiseFindings(r, std::move(findings), alerts);
  }
}

std::vector<alert::EndedAlert> RuleEngine::TakeEnded() {
  std::vector<alert::EndedAlert> out;
  for (RunningRule& running : rules_) {
    for (const delta::Ended& ended : running.query->TakeEnded()) {
      out.push_back({alert::AlertId(running.compiled.rule.id, ended.key, ended.start), ended.end});
    }
  }
  return out;
}

std::vector<RuleReport> RuleEngine::Report() const {
  std::vector<RuleReport> out;
  for (const RunningRule& running : rules_) {
    RuleReport report;
    report.rule = &running.compiled.rule;
    report.alerts = running.alerts;
    report.state_rows = running.query->rows();
    report.state_partitions = running.query->partitions();
    report.late_rows = running.query->late_rows();
    report.evictions = running.query->evictions();
    report.learning_since = running.query->origin();
    report.learning_until = running.query->learning_until();
    report.learning = clock_.newest < report.learning_until;
    report.busy = running.busy;
    const auto& branches = running.compiled.delta.branches;
    report.waits = std::any_of(branches.begin(), branches.end(), [](const delta::BranchPlan& one) {
      return one.hold.has_value();
    });
    out.push_back(report);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> RuleEngine::Save() const {
  std::vector<std::pair<std::string, std::string>> sections;
  std::string engine;
  state::ByteWriter(&engine).I64(clock_.newest);
  sections.emplace_back(kEngineSection, std::move(engine));
  std::string complete;
  state::ByteWriter(&complete).I64(clock_.complete);
  sections.emplace_back(kCompleteSection, std::move(complete));
  for (const RunningRule& running : rules_) {
    std::string bytes;
    state::ByteWriter writer(&bytes);
    writer.String(running.state_identity);
    writer.U64(running.alerts);
    running.query->Save(&writer);
    sections.emplace_back(SectionName(running.compiled.rule), std::move(bytes));
  }
  return sections;
}

Status RuleEngine::Restore(const state::Snapshot& snapshot, std::vector<std::string>* fresh) {
  std::optional<std::string_view> engine = snapshot.Find(kEngineSection);
  if (!engine)
    return DataLoss("the snapshot has no section `engine`");
  state::ByteReader reader(*engine);
  (void)reader.I64(&clock_.newest);
  KEYWATCH_RETURN_IF_ERROR(reader.Finish("the section `engine`"));
  clock_.complete = clock_.newest;
  if (std::optional<std::string_view> complete = snapshot.Find(kCompleteSection)) {
    state::ByteReader complete_reader(*complete);
    (void)complete_reader.I64(&clock_.complete);
    KEYWATCH_RETURN_IF_ERROR(complete_reader.Finish("the section `complete`"));
  }
  begun_ = false;  // a rule without state in the snapshot begins now
  for (RunningRule& running : rules_) {
    const rule::Rule& rule = running.compiled.rule;
    std::optional<std::string_view> bytes = snapshot.Find(SectionName(rule));
    std::string identity;
    state::ByteReader state(bytes.value_or(std::string_view()));
    if (bytes && !state.String(&identity))
      return state.Finish("the state of rule " + rule.name);
    if (identity != running.state_identity) {
      fresh->push_back(rule.name);
      continue;
    }
    if (!state.U64(&running.alerts))
      return state.Finish("the state of rule " + rule.name);
    KEYWATCH_RETURN_IF_ERROR(running.query->Restore(&state));
    running.due = running.query->next_due();
  }
  return {};
}

}  // namespace keywatch::pipeline
