#include "tests/kql/delta_way.h"

#include <algorithm>

#include "engine/base/diagnostics.h"
#include "engine/delta/delta_query.h"
#include "engine/optimize/optimize.h"

namespace keywatch::kql_tests {

using delta::DeltaQuery;
using delta::Finding;
using record::Row;
using record::Ticks;

namespace {

// A row of a table as a record that arrives.
struct Arrival {
  std::string_view table;
  const batch::TableData* data = nullptr;
  const Row* row = nullptr;
  Ticks event_time = 0;
};

constexpr Ticks kWindow = record::kTicksPerDay;

// The tables' rows in turn, so that those of a join's two sides mix. All come once so early that
// they have left the window by `now`, then again within it, four at a time in reverse order of
// time.
std::vector<Arrival> Arrivals(const batch::Tables& tables, bool all_at_now, Ticks now) {
  std::vector<Arrival> once;
  size_t longest = 0;
  for (const auto& [name, data] : tables)
    longest = std::max(longest, data.rows.size());
  for (size_t i = 0; i < longest; ++i) {
    for (const auto& [name, data] : tables) {
      if (i < data.rows.size())
        once.push_back({name, &data, &data.rows[i]});
    }
  }
  std::vector<Arrival> out;
  for (bool gone : {true, false}) {
    for (size_t i = 0; i < once.size(); ++i) {
      size_t last = once.size() - 1;
      auto before = static_cast<Ticks>(last - std::min(i ^ 3, last));
      Arrival& arrival = out.emplace_back(once[i]);
      arrival.event_time = gone ? now - before - kWindow - 1 : all_at_now ? now : now - before;
    }
  }
  return out;
}

class Feeder {
 public:
  Feeder(DeltaQuery* query, std::vector<Arrival> arrivals)
      : query_(query), arrivals_(std::move(arrivals)) {}

  // Batches of one, two and three records by turns.
  void FeedAll(std::vector<Finding>* found) {
    size_t size = 1;
    for (size_t from = 0; from < arrivals_.size(); size = size % 3 + 1) {
      size_t to = std::min(arrivals_.size(), from + size);
      FeedBatch(from, to, found);
      from = to;
    }
  }

 private:
  void FeedBatch(size_t from, size_t to, std::vector<Finding>* found) {
    std::vector<delta::EventClock> clocks = {{newest_, newest_}};  // before the first, after each
    for (size_t i = from; i < to; ++i) {
      newest_ = std::max(newest_, arrivals_[i].event_time);
      clocks.push_back({newest_, newest_});
    }
    for (size_t b = 0; b < query_->plan().branches.size(); ++b) {
      for (size_t l = 0; l < query_->plan().branches[b].leaves.size(); ++l)
        Stage(b, l, from, clocks);
    }
    query_->Run([](uint32_t) { return std::make_shared<const record::Evidence>(); }, found);
    query_->AdvanceTo({newest_, newest_}, found);
  }

  void Stage(size_t branch,
             size_t number,
             size_t from,
             const std::vector<delta::EventClock>& clocks) {
    const delta::LeafPlan& leaf = query_->plan().branches[branch].leaves[number];
    const record::Schema& wanted = leaf.columns;
    std::vector<Row> rows;
    std::vector<delta::RowMeta> meta;
    for (size_t i = 0; i + 1 < clocks.size(); ++i) {
      const Arrival& arrival = arrivals_[from + i];
      if (arrival.table != leaf.table)
        continue;
      Row& row = rows.emplace_back();
      for (const record::Column& column : wanted.columns)
        row.push_back((*arrival.row)[*arrival.data->schema.Find(column.name)]);
      meta.push_back(
          {static_cast<uint32_t>(i), arrival.event_time, clocks[i], clocks[i + 1], from + i + 1});
    }
    const std::vector<bool> used(wanted.columns.size(), true);
    query_->Stage(branch, number, eval::ToChunk(rows.data(), rows.size(), wanted, used), meta);
  }

  DeltaQuery* query_;
  std::vector<Arrival> arrivals_;
  Ticks newest_ = 0;
};

}  // namespace

std::optional<std::vector<Row>> RunContinuously(const plan::NodePtr& plan,
                                                const batch::Tables& tables,
                                                Ticks now) {
  Diagnostics diagnostics;
  std::optional<delta::DeltaPlan> arranged =
      delta::MakeDeltaPlan(optimize::Optimize(plan), &diagnostics);
  if (!arranged)
    return std::nullopt;
  delta::DeltaSettings settings;
  settings.period = kWindow;
  settings.lateness = record::kMaxDatetime;  // nothing is late
  settings.hold_while_learning = false;
  DeltaQuery query(std::move(*arranged), settings);
  query.Begin(1);
  // A branch without state tells of each row once, and not when it stops to be visible: its rows
  // all happen at `now`.
  const std::vector<delta::BranchPlan>& branches = query.plan().branches;
  bool stateless = std::any_of(
      branches.begin(), branches.end(), [](const delta::BranchPlan& b) { return b.stateless; });
  std::vector<Finding> found;
  Feeder(&query, Arrivals(tables, stateless, now)).FeedAll(&found);
  std::vector<Row> rows = query.ResultsAt(now);
  for (Finding& finding : found) {
    // Findings of several branches end their key with the branch.
    size_t branch = branches.size() == 1 ? 0 : static_cast<size_t>(finding.key.back().integral());
    if (branches[branch].stateless && finding.start == now)
      rows.push_back(std::move(finding.row));
  }
  return rows;
}

}  // namespace keywatch::kql_tests
