// One partition of one branch: which results hold when, what is raised, whatever the order of
// arrival.
#include "engine/delta/partition.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::delta {
namespace {

using record::Row;
using record::Value;

constexpr char kTable[] =
    "column,type,source,storage,meaning\n"
    "TimeGenerated,datetime,@event_time,,\n"
    "K,string,k,text,\n"
    "X,long,x,,\n";
constexpr char kThree[] = "T | summarize N = count() by K | where N >= 3";
constexpr char kWithout[] =
    "T | where X > 0 | join kind=leftanti (T | where X == 0) on K | project K, X";

// The first branch of a query's plan.
struct Compiled {
  explicit Compiled(const std::string& query) {
    record::SchemaCatalog catalog;
    EXPECT_TRUE(catalog.AddCsv("T", kTable).ok());
    SourceText source{"test", query, 1, 0};
    Diagnostics diagnostics;
    kql::Query tree = kql::Parse(source, &diagnostics);
    plan::NodePtr bound = bind::Bind(tree, catalog, &diagnostics);
    if (bound != nullptr)
      plan = MakeDeltaPlan(optimize::Optimize(bound), &diagnostics);
    if (!plan) {
      ADD_FAILURE() << Format(source, diagnostics);
      std::abort();
    }
    program.emplace(plan->branches[0]);
  }
  std::optional<DeltaPlan> plan;
  std::optional<BranchProgram> program;
};

// Visible on [lo, hi), with the values that the leaf's operator reads.
StoredRow Stored(Ticks lo, Ticks hi, uint64_t id, Row values) {
  StoredRow row;
  row.lo = row.event_time = lo;
  row.hi = hi;
  row.record_id = id;
  row.values = std::move(values);
  auto evidence = std::make_shared<record::Evidence>();
  evidence->record = std::to_string(id);
  row.evidence = evidence;
  return row;
}
StoredRow OfA(Ticks lo, Ticks hi, uint64_t id) { return Stored(lo, hi, id, {Value::String("a")}); }

std::vector<Ticks> Starts(const std::vector<Finding>& found) {
  std::vector<Ticks> starts;
  for (const Finding& finding : found)
    starts.push_back(finding.start);
  return starts;
}
using Times = std::vector<Ticks>;

// A partition of kThree, whose rows are all of one group.
class PartitionTest : public testing::Test {
 protected:
  // The starts of what is raised because of the row.
  Times Insert(Ticks lo, Ticks hi, uint64_t id) {
    std::vector<Finding> found;
    EXPECT_TRUE(partition_.Insert(0, OfA(lo, hi, id), kNever, &found));
    last_ = found;
    return Starts(found);
  }
  Times Advance(Ticks t) {
    std::vector<Finding> found;
    partition_.Advance(t, &found);
    return Starts(found);
  }

  Compiled three_{kThree};
  Partition partition_{*three_.program};
  std::vector<Finding> last_;
};

TEST_F(PartitionTest, AResultIsRaisedWhenItBeginsAndOnce) {
  EXPECT_EQ(Insert(10, 100, 1), Times{});
  EXPECT_EQ(Insert(20, 110, 2), Times{});
  EXPECT_EQ(Insert(30, 120, 3), Times{30});
  EXPECT_EQ(last_[0].row.size(), 2U);
  EXPECT_EQ(last_[0].row[1].integral(), 3);
  EXPECT_EQ(last_[0].first_event, 10);
  EXPECT_EQ(last_[0].last_event, 30);
  EXPECT_EQ(Insert(40, 130, 4), Times{});
  EXPECT_EQ(partition_.Results().size(), 1U);
  EXPECT_EQ(partition_.Results()[0][1].integral(), 4);
}

TEST_F(PartitionTest, ItIsRaisedAnewAfterItHasEnded) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  EXPECT_EQ(Insert(30, 70, 3), Times{30});
  EXPECT_EQ(Advance(55), Times{});
  EXPECT_TRUE(partition_.Results().empty());
  ASSERT_EQ(partition_.raised().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].end, 50);
  EXPECT_EQ(Insert(56, 100, 4), Times{56});
}

TEST_F(PartitionTest, WhatBeginsAtTheVeryEndGoesOn) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  EXPECT_EQ(Insert(30, 70, 3), Times{30});
  EXPECT_EQ(Insert(50, 90, 4), Times{});  // one goes and one comes at 50
  EXPECT_EQ(partition_.Results().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].end, kNever);
}

TEST_F(PartitionTest, WhatBeginsAtTheVeryEndGoesOnAlsoWhenTheEndWasSeen) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  EXPECT_EQ(Insert(30, 70, 3), Times{30});
  EXPECT_EQ(Advance(50), Times{});
  EXPECT_EQ(partition_.raised()[0].end, 50);
  EXPECT_EQ(Insert(50, 90, 4), Times{});
  ASSERT_EQ(partition_.raised().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].end, kNever);
  EXPECT_EQ(Advance(65), Times{});
  EXPECT_EQ(partition_.raised()[0].end, 60);
}

TEST_F(PartitionTest, ALateRecordMovesAnEnd) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  EXPECT_EQ(Insert(30, 70, 3), Times{30});
  EXPECT_EQ(Advance(80), Times{});
  EXPECT_EQ(partition_.raised()[0].end, 50);
  EXPECT_EQ(Insert(40, 90, 4), Times{});
  ASSERT_EQ(partition_.raised().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].end, 60);
}

TEST_F(PartitionTest, ARecordCountsOnce) {
  Insert(10, 100, 1);
  Insert(20, 110, 2);
  std::vector<Finding> found;
  EXPECT_FALSE(partition_.Insert(0, OfA(20, 110, 2), kNever, &found));
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(partition_.rows(), 2U);
}

TEST_F(PartitionTest, ALateRecordRaisesWhatHeldThen) {
  Insert(10, 50, 1);
  Insert(20, 50, 2);
  EXPECT_EQ(Insert(200, 300, 3), Times{});
  EXPECT_EQ(Insert(30, 50, 4), Times{30});  // over at 50, long before the cursor
  EXPECT_TRUE(partition_.Results().empty());
  ASSERT_EQ(partition_.raised().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].end, 50);
}

TEST_F(PartitionTest, ALateRecordThatOnlyLengthensRaisesNothing) {
  Insert(20, 100, 1);
  Insert(30, 100, 2);
  EXPECT_EQ(Insert(40, 100, 3), Times{40});
  EXPECT_EQ(Insert(25, 100, 4), Times{});  // it held from 30 on
  ASSERT_EQ(partition_.raised().size(), 1U);
  EXPECT_EQ(partition_.raised()[0].start, 30);
}

TEST_F(PartitionTest, WhatIsBeyondTheLimitWaits) {
  std::vector<Finding> found;
  partition_.Insert(0, OfA(10, 100, 1), 5, &found);
  partition_.Insert(0, OfA(20, 100, 2), 5, &found);
  partition_.Insert(0, OfA(30, 100, 3), 5, &found);
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(Advance(29), Times{});
  EXPECT_EQ(Advance(30), Times{30});
}

TEST_F(PartitionTest, PurgingForgetsWhatIsOver) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  Insert(30, 70, 3);
  Advance(80);
  partition_.Purge(55);
  EXPECT_EQ(partition_.rows(), 2U);
  partition_.Purge(80);
  EXPECT_EQ(partition_.rows(), 0U);
  EXPECT_TRUE(partition_.empty());
}

TEST_F(PartitionTest, ARaisedIntervalOutlivesItsRowsWhileItMayBeTouched) {
  Insert(10, 50, 1);
  Insert(20, 60, 2);
  Insert(30, 70, 3);
  Advance(80);
  partition_.Purge(50);
  EXPECT_EQ(partition_.raised().size(), 1U);  // it ended at 50
  partition_.Purge(51);
  EXPECT_TRUE(partition_.raised().empty());
}

TEST_F(PartitionTest, RestoredItGoesOnTheSame) {
  Insert(10, 100, 1);
  Insert(20, 110, 2);
  Insert(30, 120, 3);
  Partition again(*three_.program);
  for (size_t leaf = 0; leaf < partition_.leaves().size(); ++leaf)
    partition_.leaves()[leaf].ForEach([&](const StoredRow& row) { again.Restore(leaf, row); });
  again.RestoreDone(partition_.cursor(), partition_.raised());
  EXPECT_EQ(again.cursor(), 30);
  ASSERT_EQ(again.Results().size(), 1U);
  EXPECT_EQ(again.Results()[0][1].integral(), 3);
  std::vector<Finding> found;
  again.Insert(0, OfA(40, 130, 4), kNever, &found);
  EXPECT_TRUE(found.empty());  // raised before
  again.Advance(115, &found);
  again.Insert(0, OfA(116, 200, 5), kNever, &found);
  EXPECT_EQ(Starts(found), Times{116});
}

// So that the record that decides is among it, late as it may be.
TEST_F(PartitionTest, EvidenceIsOfTheFiveThatCameLastInOrderOfTime) {
  std::vector<Finding> found;
  for (uint64_t id : {3U, 8U, 1U, 5U, 7U, 2U, 6U, 4U}) {
    StoredRow row = OfA(10, 100, id);
    row.event_time = static_cast<Ticks>(id);
    partition_.Insert(0, std::move(row), 0, &found);
  }
  partition_.Advance(10, &found);
  ASSERT_EQ(found.size(), 1U);
  std::vector<std::string> records;
  for (const record::EvidencePtr& evidence : found[0].evidence)
    records.push_back(evidence->record);
  EXPECT_EQ(records, (std::vector<std::string>{"2", "4", "5", "6", "7"}));
  EXPECT_EQ(found[0].first_event, 1);  // of all rows
  EXPECT_EQ(found[0].last_event, 8);
}

// Any order of arrival gives the results and the intervals of the order of time.
TEST_F(PartitionTest, TheOrderOfArrivalDoesNotMatter) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<StoredRow> rows;
    for (uint64_t id = 1; id <= 10; ++id) {
      auto lo = static_cast<Ticks>(random() % 40);
      rows.push_back(OfA(lo, lo + 1 + static_cast<Ticks>(random() % 20), id));
    }
    std::shuffle(rows.begin(), rows.end(), random);
    Partition partition(*three_.program);
    std::vector<Finding> found;
    for (const StoredRow& row : rows)
      partition.Insert(0, row, kNever, &found);
    partition.Advance(100, &found);
    // Counted by hand.
    Times begins;
    bool held = false;
    for (Ticks t = 0; t <= 60; ++t) {
      auto count = std::count_if(
          rows.begin(), rows.end(), [&](const StoredRow& r) { return r.lo <= t && t < r.hi; });
      partition.MoveSilently(t);
      std::vector<Row> results = partition.Results();
      ASSERT_EQ(results.size(), count >= 3 ? 1U : 0U) << "round " << round << " at " << t;
      if (count >= 3) {
        EXPECT_EQ(results[0][1].integral(), count);
      }
      if (count >= 3 && !held)
        begins.push_back(t);
      held = count >= 3;
    }
    // Intervals that a late row joined were raised apart; together they cover the same.
    for (Ticks begin : begins) {
      EXPECT_TRUE(std::any_of(partition.raised().begin(),
                              partition.raised().end(),
                              [&](const RaisedInterval& raised) {
                                return raised.start <= begin && begin <= raised.end;
                              }))
          << "round " << round << " nothing raised at " << begin;
    }
    EXPECT_GE(found.size(), begins.empty() ? 0U : 1U);
  }
}

class AntiJoinTest : public testing::Test {
 protected:
  AntiJoinTest() {
    for (size_t leaf = 0; leaf < without_.plan->branches[0].leaves.size(); ++leaf)
      (without_.plan->branches[0].leaves[leaf].compared ? right_ : left_) = leaf;
  }
  Times InsertLeft(Ticks lo, Ticks hi, uint64_t id) {
    return Insert(left_, Stored(lo, hi, id, {Value::String("a"), Value::Long(7)}));
  }
  Times InsertRight(Ticks lo, Ticks hi, uint64_t id) {
    return Insert(right_, Stored(lo, hi, id, {Value::String("a")}));
  }
  Times Insert(size_t leaf, StoredRow row) {
    std::vector<Finding> found;
    partition_.Insert(leaf, std::move(row), kNever, &found);
    last_ = found;
    return Starts(found);
  }

  Compiled without_{kWithout};
  Partition partition_{*without_.program};
  size_t left_ = 0;
  size_t right_ = 0;
  std::vector<Finding> last_;
};

TEST_F(AntiJoinTest, ARowWithoutAMatchIsAResultAboutItself) {
  ASSERT_NE(left_, right_);
  EXPECT_EQ(InsertLeft(10, 50, 1), Times{10});
  EXPECT_EQ(InsertLeft(12, 50, 2), Times{12});
  ASSERT_EQ(last_[0].evidence.size(), 1U);
  EXPECT_EQ(last_[0].evidence[0]->record, "2");
  EXPECT_EQ(last_[0].first_event, 12);
  EXPECT_EQ(last_[0].row[1].integral(), 7);
}

TEST_F(AntiJoinTest, AMatchHidesItAndItsEndShowsIt) {
  InsertRight(5, 30, 1);
  EXPECT_EQ(InsertLeft(10, 50, 2), Times{});
  std::vector<Finding> found;
  partition_.Advance(40, &found);
  EXPECT_EQ(Starts(found), Times{30});
  EXPECT_EQ(partition_.Results().size(), 1U);
}

TEST_F(AntiJoinTest, AMatchThatComesLateTakesTheResultAway) {
  EXPECT_EQ(InsertLeft(10, 50, 1), Times{10});
  EXPECT_EQ(InsertRight(5, 30, 2), Times{});
  EXPECT_TRUE(partition_.Results().empty());
  EXPECT_NE(partition_.raised()[0].end, kNever);
  // What holds again after it is another finding, apart from the one that was raised.
  std::vector<Finding> found;
  partition_.Advance(40, &found);
  EXPECT_EQ(Starts(found), Times{30});
}

TEST_F(AntiJoinTest, TwoMatchesHideUntilTheLastIsGone) {
  InsertRight(5, 30, 1);
  InsertRight(6, 40, 2);
  EXPECT_EQ(InsertLeft(10, 50, 3), Times{});
  std::vector<Finding> found;
  partition_.Advance(39, &found);
  EXPECT_TRUE(found.empty());
  partition_.Advance(40, &found);
  EXPECT_EQ(Starts(found), Times{40});
}

// Rows that are only compared with are no evidence.
TEST(SemiJoin, EvidenceIsOfTheLeftSide) {
  Compiled with(
      "T | where X > 0 | join kind=leftsemi (T | where X == 0) on K\n"
      "  | summarize N = count() by K");
  const std::vector<LeafPlan>& leaves = with.plan->branches[0].leaves;
  ASSERT_EQ(leaves.size(), 2U);
  size_t right = leaves[0].compared ? 0 : 1;
  Partition partition(*with.program);
  std::vector<Finding> found;
  partition.Insert(right, OfA(5, 30, 1), kNever, &found);
  partition.Insert(1 - right, OfA(10, 50, 2), kNever, &found);
  ASSERT_EQ(Starts(found), Times{10});
  ASSERT_EQ(found[0].evidence.size(), 1U);
  EXPECT_EQ(found[0].evidence[0]->record, "2");
  EXPECT_EQ(found[0].first_event, 10);
  partition.Advance(40, &found);
  EXPECT_TRUE(partition.Results().empty());  // the match is gone
}

}  // namespace
}  // namespace keywatch::delta
