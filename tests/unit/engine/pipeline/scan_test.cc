// The scan lets through every row that a leaf's filter accepts, and where the filter is made of
// atoms, no other.
#include "engine/pipeline/scan.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::pipeline {
namespace {

using record::Type;

constexpr char kTable[] =
    "column,type,source,storage,meaning\n"
    "Op,string,op,dictionary,\n"
    "Status,real,status,text,\n"
    "Uri,string,uri,text,\n";

class ScanTest : public testing::Test {
 protected:
  ScanTest() {
    EXPECT_TRUE(catalog_.AddCsv("T", kTable).ok());
    table_ = catalog_.Find("T");
  }

  // A leaf for `T | where ..` with all three columns.
  void AddRule(const std::string& predicate) {
    SourceText source{"test", "T | where " + predicate, 1, 0};
    Diagnostics diagnostics;
    kql::Query query = kql::Parse(source, &diagnostics);
    plan::NodePtr plan = bind::Bind(query, catalog_, &diagnostics);
    ASSERT_NE(plan, nullptr) << Format(source, diagnostics);
    auto delta = delta::MakeDeltaPlan(optimize::Optimize(plan), &diagnostics);
    ASSERT_TRUE(delta.has_value()) << Format(source, diagnostics);
    leaves_.push_back(delta->branches[0].leaves[0]);
  }

  void Build() {
    std::vector<const delta::LeafPlan*> plans;
    std::vector<std::vector<size_t>> columns;
    for (const delta::LeafPlan& leaf : leaves_) {
      plans.push_back(&leaf);
      std::vector<size_t>& own = columns.emplace_back();
      for (const record::Column& column : leaf.columns.columns) {
        for (const record::TableColumn& declared : table_->columns) {
          if (declared.name == column.name)
            own.push_back(layout_.Add(*table_, declared));
        }
      }
    }
    columns_ = columns;
    scan_ = std::make_unique<Scan>(plans, columns, layout_);
  }

  record::RecordBatch Batch(std::mt19937_64* random, size_t rows) {
    static const std::vector<std::string> ops = {"KeyGet", "KeyPurge", "keypurge", "SecretGet", ""};
    static const std::vector<std::string> uris = {"https://a/keys", "https://b/secrets", ""};
    record::RecordBatch batch;
    batch.rows = rows;
    for (const record::LayoutColumn& column : layout_.columns()) {
      record::ColumnData& data = batch.columns.emplace_back();
      data.type = column.type;
      data.storage = column.storage;
      data.dictionary = dictionary_;
      for (size_t row = 0; row < rows; ++row) {
        if (column.name == "Op") {
          data.codes.push_back(dictionary_->Intern(ops[(*random)() % ops.size()]));
        } else if (column.name == "Uri") {
          data.texts.push_back(uris[(*random)() % uris.size()]);
        } else {
          data.nulls.push_back((*random)() % 5 == 0 ? 1 : 0);
          data.reals.push_back((*random)() % 2 == 0 ? 200 : 403);
        }
      }
    }
    return batch;
  }

  std::vector<uint32_t> Expected(size_t leaf, const record::RecordBatch& batch) {
    eval::Chunk chunk;
    chunk.rows = batch.rows;
    for (size_t column : columns_[leaf]) {
      std::vector<record::Value> values;
      for (size_t row = 0; row < batch.rows; ++row) {
        values.push_back(record::CellValue(batch.columns[column], row));
      }
      chunk.columns.push_back(eval::Vector::FromValues(batch.columns[column].type, values));
    }
    return eval::Predicate(leaves_[leaf].predicate).Select(chunk, {});
  }

  record::SchemaCatalog catalog_;
  const record::Table* table_ = nullptr;
  std::vector<delta::LeafPlan> leaves_;
  std::vector<std::vector<size_t>> columns_;
  record::BatchLayout layout_;
  record::Dictionary dictionaries_[2];
  record::Dictionary* dictionary_ = &dictionaries_[0];
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
    const auto& selected = scan_->Run(batch);
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
    const auto& selected = scan_->Run(batch);
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
  const auto& selected = scan_->Run(batch);
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
  const auto& selected = scan_->Run(batch);
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
  const auto& selected = scan_->Run(batch);
  for (size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    EXPECT_EQ(selected[leaf], Expected(leaf, batch)) << leaf;
  }
}

}  // namespace
}  // namespace keywatch::pipeline
