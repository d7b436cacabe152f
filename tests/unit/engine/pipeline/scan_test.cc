// The scan lets through every row that a leaf's filter accepts, and where the filter is made of
// atoms, no other.
#include "engine/pipeline/scan.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/support/leaves_of_table.h"

namespace keywatch::pipeline {
namespace {

class ScanTest : public testing::Test, public tests::LeavesOfTable {
 protected:
  void Build() { scan_ = std::make_unique<Scan>(leaves_, columns_, ColumnsOf(layout_)); }

  const std::vector<std::vector<uint32_t>>& Run(const record::RecordBatch& batch) {
    return scan_->Run(ColumnsOfBatch(batch), batch.rows);
  }

  std::unique_ptr<Scan> scan_;
};

TEST_F(ScanTest, AtomsDecideExactly) {
  AddRule("Op == 'KeyPurge'");
  AddRule("Op =~ 'keypurge' and Status == 403");
  AddRule("Op in ('SecretGet', 'KeyGet') and not(Status >= 400)");
  AddRule("isempty(Op) or Op has 'key'");
  AddRule("Status != 200");
  Build();
  std::mt19937_64 random(1);
  for (int round = 0; round < 20; ++round) {
    // Now and then the decoder empties its dictionaries: codes then stand for other texts.
    if (round % 6 == 5)
      dictionary_->Clear();
    record::RecordBatch batch = Batch(&random, 50);
    const auto& selected = Run(batch);
    for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
      EXPECT_EQ(selected[leaf], Expected(leaf, batch)) << "leaf " << leaf << " round " << round;
    }
  }
}

// Each source decodes with dictionaries of its own: the same code is another text in each.
TEST_F(ScanTest, EachSourceHasCodesOfItsOwn) {
  AddRule("Op == 'KeyPurge'");
  AddRule("Op == 'SecretGet'");
  Build();
  dictionaries_[0].Intern("KeyGet");
  dictionaries_[1].Intern("SecretGet");
  std::mt19937_64 random(3);
  for (int round = 0; round < 20; ++round) {
    dictionary_ = &dictionaries_[round % 2];
    if (round == 13)
      dictionary_->Clear();
    record::RecordBatch batch = Batch(&random, 50);
    const auto& selected = Run(batch);
    for (size_t leaf = 0; leaf < leaves_.size(); ++leaf)
      EXPECT_EQ(selected[leaf], Expected(leaf, batch)) << "leaf " << leaf << " round " << round;
  }
}

TEST_F(ScanTest, WhatIsNoAtomLetsRowsThrough) {
  AddRule("strlen(Uri) > 5 and Op == 'KeyGet'");
  AddRule("strlen(Uri) > 5 or Op == 'KeyGet'");
  Build();
  std::mt19937_64 random(2);
  record::RecordBatch batch = Batch(&random, 200);
  const auto& selected = Run(batch);
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    std::vector<uint32_t> wanted = Expected(leaf, batch);
    EXPECT_TRUE(
        std::includes(selected[leaf].begin(), selected[leaf].end(), wanted.begin(), wanted.end()));
  }
  EXPECT_LT(selected[0].size(), batch.rows);  // the operation is an atom
  EXPECT_EQ(selected[1].size(), batch.rows);  // `or` over two columns is not
}

// Whatever the test, the scan lets through no less than it, and the residual decides the rest.
TEST_F(ScanTest, NeedlesInTexts) {
  std::vector<std::string> tests = {
      "Uri contains 'KEYS'",
      "Uri contains_cs 'KEYS'",
      "Uri has 'a'",
      "Uri hasprefix 'sec' and Uri endswith 'S'",
      "Uri startswith 'HTTPS://b'",
      "Uri startswith_cs 'HTTPS://b'",
      "Uri matches regex '^https://[ab]/k'",
      "Uri == 'https://a/keys'",
      "Uri =~ 'HTTPS://A/KEYS' and Op == 'KeyGet'",
      "Uri contains '.*'",
      "not(Uri contains 'keys')",
      "Uri contains ''",
  };
  for (const std::string& test : tests)
    AddRule(test);
  Build();
  std::mt19937_64 random(4);
  record::RecordBatch batch = Batch(&random, 100);
  const auto& selected = Run(batch);
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    std::vector<uint32_t> wanted = Expected(leaf, batch);
    EXPECT_TRUE(
        std::includes(selected[leaf].begin(), selected[leaf].end(), wanted.begin(), wanted.end()))
        << tests[leaf];
    delta::LeafPlan& plan = leaves_[leaf];
    plan.predicate = scan_->Residual(leaf);
    std::vector<uint32_t> decided;
    std::vector<uint32_t> residual = Expected(leaf, batch);
    std::set_intersection(selected[leaf].begin(),
                          selected[leaf].end(),
                          residual.begin(),
                          residual.end(),
                          std::back_inserter(decided));
    EXPECT_EQ(decided, wanted) << tests[leaf];
  }
  EXPECT_TRUE(selected[9].empty());  // quoted: no text has ".*" in it
  EXPECT_LT(selected[0].size(), batch.rows);
  EXPECT_TRUE(selected[1].empty());
}

TEST_F(ScanTest, MoreLeavesThanAWordHasBits) {
  for (int i = 0; i < 70; ++i)
    AddRule(i % 2 == 0 ? "Op == 'KeyPurge'" : "Status == 403");
  Build();
  std::mt19937_64 random(3);
  record::RecordBatch batch = Batch(&random, 30);
  const auto& selected = Run(batch);
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    EXPECT_EQ(selected[leaf], Expected(leaf, batch)) << leaf;
  }
}

}  // namespace
}  // namespace keywatch::pipeline
