// Leaves that read shared columns see what each would have computed by itself.
#include "engine/pipeline/computed_columns.h"

#include <gtest/gtest.h>

#include "tests/support/leaves_of_table.h"

namespace keywatch::pipeline {
namespace {

class ComputedColumnsTest : public testing::Test, public tests::LeavesOfTable {
 protected:
  void Share(size_t max_bytes = 1 << 20) {
    std::vector<const delta::LeafPlan*> plans;
    for (const delta::LeafPlan& leaf : leaves_)
      plans.push_back(&leaf);
    shared_ = ShareColumns(plans, columns_, layout_);
    computed_ = std::make_unique<ComputedColumns>(shared_.computed, shared_.all, max_bytes);
  }

  eval::Vector RunShared(size_t leaf,
                         const plan::ExprPtr& expr,
                         const std::vector<uint32_t>& rows) {
    eval::Chunk chunk;
    chunk.rows = rows.size();
    for (size_t column : shared_.columns[leaf]) {
      computed_->Compute(column, rows);
      chunk.columns.push_back(Gather(*computed_->columns()[column], rows));
    }
    return eval::Program(expr).Run(chunk, {});
  }

  // Every expression of every leaf over these rows, both ways.
  void ExpectSame(const record::RecordBatch& batch, const std::vector<uint32_t>& rows) {
    computed_->Begin(batch);
    for (size_t l = 0; l < leaves_.size(); ++l) {
      std::vector<plan::ExprPtr> alone = leaves_[l].output;
      std::vector<plan::ExprPtr> together = shared_.leaves[l].output;
      alone.push_back(leaves_[l].predicate);
      together.push_back(shared_.leaves[l].predicate);
      eval::Chunk chunk = ChunkOf(l, batch);
      for (size_t e = 0; e < alone.size(); ++e) {
        eval::Vector expected = eval::Program(alone[e]).Run(chunk, {});
        eval::Vector found = RunShared(l, together[e], rows);
        for (size_t i = 0; i < rows.size(); ++i) {
          EXPECT_EQ(record::ToText(found.ValueAt(i)), record::ToText(expected.ValueAt(rows[i])))
              << "leaf " << l << " expression " << e << " row " << rows[i];
          EXPECT_EQ(found.IsNull(i), expected.IsNull(rows[i]));
        }
      }
    }
  }

  // What the n-th computed column is, with its inputs by number.
  std::vector<std::string> Functions() const {
    std::vector<std::string> out;
    for (const ComputedColumn& column : shared_.computed)
      out.push_back(column.expr->function);
    return out;
  }

  SharedLeaves shared_;
  std::unique_ptr<ComputedColumns> computed_;
};

constexpr char kPrelude[] =
    "project Outcome = toint(coalesce(Status, iff(Op has 'Purge', 404.0, 201.0))), Op, "
    "Path = tolower(Uri), Oid = tostring(Claims.oid)";

std::vector<uint32_t> AllRows(size_t rows) {
  std::vector<uint32_t> all(rows);
  for (uint32_t row = 0; row < rows; ++row)
    all[row] = row;
  return all;
}

TEST_F(ComputedColumnsTest, EveryLeafSeesWhatItWouldHaveComputed) {
  std::string prelude = kPrelude;
  AddQuery(prelude + " | where Outcome == 404 | project Path, Oid, Outcome");
  AddQuery(prelude + " | where Outcome between (200 .. 299) and Path contains 'secrets'");
  AddQuery(prelude + " | where Oid == 'A' | project strcat(Oid, '/', Op), strlen(Path)");
  AddQuery("where Status == 403 and Op =~ 'keyget' | project Op, Uri");
  Share();
  EXPECT_GE(shared_.computed.size(), 3U);
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; ++round) {
    dictionary_ = &dictionaries_[round % 2];  // as of two sources
    if (round % 7 == 6)
      dictionary_->Clear();
    record::RecordBatch batch = Batch(&random, 40);
    ExpectSame(batch, AllRows(batch.rows));
    ExpectSame(batch, {3, 17, 39});
  }
  EXPECT_EQ(computed_->resets(), 0U);
}

TEST_F(ComputedColumnsTest, AtTheBoundEverythingIsComputedAnew) {
  std::string prelude = kPrelude;
  AddQuery(prelude + " | where Outcome == 404 | project Path, Oid, Outcome");
  AddQuery(prelude + " | where Outcome == 201 | project Path, Oid");
  Share(1);
  std::mt19937_64 random(2);
  for (int round = 0; round < 5; ++round)
    ExpectSame(Batch(&random, 40), AllRows(40));
  EXPECT_EQ(computed_->resets(), 5U);
}

// What is asked for in parts is there in parts, and never computed twice for one row.
TEST_F(ComputedColumnsTest, RowsAreAskedForOneLeafAfterTheOther) {
  std::string prelude = kPrelude;
  AddQuery(prelude + " | project Path, Outcome");
  AddQuery(prelude + " | project Path, Outcome, Oid");
  Share();
  std::mt19937_64 random(3);
  record::RecordBatch batch = Batch(&random, 40);
  computed_->Begin(batch);
  std::vector<std::vector<uint32_t>> parts = {{5, 6}, {0, 5, 39}, AllRows(40)};
  eval::Vector expected = eval::Program(leaves_[1].output[0]).Run(ChunkOf(1, batch), {});
  for (const std::vector<uint32_t>& rows : parts) {
    eval::Vector found = RunShared(1, shared_.leaves[1].output[0], rows);
    for (size_t i = 0; i < rows.size(); ++i)
      EXPECT_EQ(found.Text(i), expected.Text(rows[i]));
  }
}

// Of what always comes together only the outermost; a condition on few values is left to the scan,
// one on a text to its needles; what one leaf alone does with texts it does itself.
TEST_F(ComputedColumnsTest, WhatBecomesAColumn) {
  AddQuery("where tolower(Op) == 'keyget' and Uri contains 'x' | project strlen(tolower(Uri))");
  Share();
  EXPECT_TRUE(Functions().empty());
  AddQuery("where Uri contains 'x' | project strlen(tolower(Uri))");
  Share();
  EXPECT_EQ(Functions(), std::vector<std::string>{"strlen"});
  AddQuery("where coalesce(Status, strlen(Op) * 1.0) > 5 | project Op");
  Share();
  EXPECT_EQ(Functions(), (std::vector<std::string>{"strlen", ">"}));
  EXPECT_EQ(shared_.all.back().use, ScanUse::kValues) << "the scan decides it";
}

}  // namespace
}  // namespace keywatch::pipeline
