// Known rows that nothing matches, over restarts and changes of the list. That results are those of
// the batch driver is the matter of tests/differential.
#include "engine/delta/constant_rows.h"

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/delta/delta_query.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::delta {
namespace {

using record::Value;

constexpr Ticks kAnnouncedBase = 638'000'000'000'000'000;  // 2022-09-28T22:13:20Z
constexpr Ticks kAnnouncedLateness = 5;
constexpr char kAnnouncedTable[] =
    "column,type,source,storage,meaning\n"
    "TimeGenerated,datetime,@event_time,,\n"
    "K,string,k,text,\n";

// What is announced for K until a time, and seen as missing for 10 ticks from then on.
class Announced {
 public:
  // `rows`: `"a", 15, "b", 30`.
  explicit Announced(const std::string& rows, bool learn = false) {
    record::SchemaCatalog catalog;
    EXPECT_TRUE(catalog.AddCsv("T", kAnnouncedTable).ok());
    SourceText source{"test",
                      "datatable(K: string, To: long) [" + rows +
                          "] | extend Until = datetime(2022-09-28T22:13:20Z) + To * 1tick "
                          "| where Until <= now() and Until > ago(10tick) "
                          "| join kind=leftanti T on K | project K",
                      1,
                      0};
    Diagnostics diagnostics;
    kql::Query tree = kql::Parse(source, &diagnostics);
    auto plan =
        MakeDeltaPlan(optimize::Optimize(bind::Bind(tree, catalog, &diagnostics)), &diagnostics);
    EXPECT_TRUE(plan) << Format(source, diagnostics);
    query_ = std::make_unique<DeltaQuery>(*plan,
                                          DeltaSettings{20, kAnnouncedLateness, learn, 100, true});
  }

  // A record of `k` at `t`; what it raises, as "a at 15".
  std::vector<std::string> Record(Ticks t, const std::string& k) {
    query_->Begin(kAnnouncedBase + t);
    EventClock before{kAnnouncedBase + newest_, kAnnouncedBase + newest_};
    newest_ = std::max(newest_, t);
    EventClock after{kAnnouncedBase + newest_, kAnnouncedBase + newest_};
    const LeafPlan& leaf = query_->plan().branches[0].leaves[1];
    record::Row row;
    for (const record::Column& column : leaf.columns.columns)
      row.push_back(column.name == "K" ? Value::String(k) : Value::Datetime(kAnnouncedBase + t));
    std::vector<bool> all(row.size(), true);
    query_->Stage(0,
                  1,
                  eval::ToChunk(&row, 1, leaf.columns, all),
                  {{0, kAnnouncedBase + t, before, after, ++id_}});
    std::vector<Finding> found;
    query_->Run([](uint32_t) { return std::make_shared<const record::Evidence>(); }, &found);
    query_->AdvanceTo(after, &found);
    return Texts(found);
  }
  std::vector<std::string> AdvanceTo(Ticks t) {
    newest_ = t;
    std::vector<Finding> found;
    query_->AdvanceTo({kAnnouncedBase + t, kAnnouncedBase + t}, &found);
    return Texts(found);
  }
  // With the state of another, after a restart.
  Announced& After(const Announced& other) {
    std::string bytes;
    state::ByteWriter writer(&bytes);
    other.query_->Save(&writer);
    state::ByteReader reader(bytes);
    EXPECT_TRUE(query_->Restore(&reader).ok());
    newest_ = other.newest_;
    return *this;
  }
  size_t rows() const { return query_->rows(); }

 private:
  static std::vector<std::string> Texts(const std::vector<Finding>& found) {
    std::vector<std::string> texts;
    for (const Finding& finding : found) {
      EXPECT_EQ(finding.first_event, finding.start) << "the time that the row names";
      texts.push_back(finding.row[0].string() + " at " +
                      std::to_string(finding.start - kAnnouncedBase));
    }
    return texts;
  }

  std::unique_ptr<DeltaQuery> query_;
  Ticks newest_ = -100;
  uint64_t id_ = 0;
};

using Texts = std::vector<std::string>;

TEST(ConstantRows, WhatDoesNotComeIsRaisedWhenRecordsAreCompleteToItsEnd) {
  Announced query(R"("a", 15, "b", 16)");
  EXPECT_EQ(query.Record(3, "x"), Texts{});
  EXPECT_EQ(query.Record(12, "b"), Texts{});
  EXPECT_EQ(query.AdvanceTo(19), Texts{});
  EXPECT_EQ(query.AdvanceTo(20), Texts{"a at 15"});
  EXPECT_EQ(query.AdvanceTo(100), Texts{});
  EXPECT_EQ(query.rows(), 0U);
}

TEST(ConstantRows, ALateRecordCountsAsLongAsItIsNotTooLate) {
  Announced query(R"("a", 15, "b", 15)");
  query.Record(3, "x");
  EXPECT_EQ(query.Record(19, "x"), Texts{});
  EXPECT_EQ(query.Record(14, "a"), Texts{});
  EXPECT_EQ(query.Record(14, "a"), Texts{}) << "doubled";
  EXPECT_EQ(query.AdvanceTo(20), Texts{"b at 15"});
}

TEST(ConstantRows, WhatEndedBeforeTheFirstRecordIsNotMissed) {
  Announced query(R"("a", 2, "b", 13)");
  EXPECT_EQ(query.Record(12, "x"), Texts{});
  EXPECT_EQ(query.AdvanceTo(60), Texts{"b at 13"});
}

TEST(ConstantRows, NorWhatEndsWhileTheWindowIsNotCovered) {
  Announced query(R"("a", 18, "b", 40)", true);
  EXPECT_EQ(query.Record(10, "x"), Texts{});
  EXPECT_EQ(query.AdvanceTo(100), Texts{"b at 40"});
}

TEST(ConstantRows, AfterARestartTheyAreThoseOfTheNewList) {
  Announced first(R"("taken out", 40, "kept", 40, "kept and came", 40)");
  first.Record(3, "x");
  first.Record(30, "kept and came");
  Announced second(R"("kept", 40, "added", 41, "kept and came", 40)");
  EXPECT_EQ(second.After(first).AdvanceTo(60), (Texts{"kept at 40", "added at 41"}));
}

TEST(ConstantRows, WhatWasRaisedIsNotRaisedAgainAfterARestart) {
  Announced first(R"("a", 15)");
  first.Record(3, "x");
  EXPECT_EQ(first.AdvanceTo(20), Texts{"a at 15"});
  Announced second(R"("a", 15)");
  EXPECT_EQ(second.After(first).AdvanceTo(22), Texts{});
  first.AdvanceTo(60);  // all of it is forgotten
  Announced third(R"("a", 15)");
  EXPECT_EQ(third.After(first).AdvanceTo(80), Texts{});
}

// Its records were not looked for.
TEST(ConstantRows, WhatIsAnnouncedAfterItsEndIsNotMissed) {
  Announced first(R"("x", 400)");
  first.Record(3, "x");
  first.AdvanceTo(22);
  Announced second(R"("x", 400, "a", 15, "b", 17, "c", 18)");
  EXPECT_EQ(second.After(first).AdvanceTo(60), Texts{"c at 18"});
}

}  // namespace
}  // namespace keywatch::delta
