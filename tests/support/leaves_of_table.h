// Leaves of small queries over one table with a column of each storage, and random batches for
// them.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/bind/binder.h"
#include "engine/delta/delta_plan.h"
#include "engine/eval/evaluator.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/pipeline/gather.h"
#include "engine/record/record_batch.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::tests {

class LeavesOfTable {
 protected:
  LeavesOfTable() {
    EXPECT_TRUE(catalog_
                    .AddCsv("T",
                            "column,type,source,storage,meaning\n"
                            "Op,string,op,dictionary,\n"
                            "Status,real,status,text,\n"
                            "Uri,string,uri,text,\n"
                            "Claims,dynamic,claims,text,\n")
                    .ok());
    table_ = catalog_.Find("T");
  }

  // The leaves of `T | where ..`, or of what else follows `T | `.
  void AddRule(const std::string& predicate) { AddQuery("where " + predicate); }
  void AddQuery(const std::string& operators) {
    SourceText source{"test", "T | " + operators, 1, 0};
    Diagnostics diagnostics;
    kql::Query query = kql::Parse(source, &diagnostics);
    plan::NodePtr plan = bind::Bind(query, catalog_, &diagnostics);
    ASSERT_NE(plan, nullptr) << Format(source, diagnostics);
    auto delta = delta::MakeDeltaPlan(optimize::Optimize(plan), &diagnostics);
    ASSERT_TRUE(delta.has_value()) << Format(source, diagnostics);
    const delta::LeafPlan& leaf = delta->branches[0].leaves[0];
    std::vector<size_t>& own = columns_.emplace_back();
    for (const record::Column& column : leaf.columns.columns) {
      for (const record::TableColumn& declared : table_->columns) {
        if (declared.name == column.name)
          own.push_back(layout_.Add(*table_, declared));
      }
    }
    leaves_.push_back(leaf);
  }

  record::RecordBatch Batch(std::mt19937_64* random, size_t rows) {
    static const std::vector<std::string> ops = {"KeyGet", "KeyPurge", "keypurge", "SecretGet", ""};
    static const std::vector<std::string> uris = {"https://a/keys", "https://b/secrets", ""};
    static const std::vector<std::string> claims = {R"({"oid":"A"})", R"({"oid":"b"})", "{}", ""};
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
        } else if (column.name == "Claims") {
          data.texts.push_back(claims[(*random)() % claims.size()]);
        } else {
          data.nulls.push_back((*random)() % 5 == 0 ? 1 : 0);
          data.reals.push_back((*random)() % 2 == 0 ? 200 : 403);
        }
      }
    }
    return batch;
  }

  static pipeline::Columns ColumnsOfBatch(const record::RecordBatch& batch) {
    pipeline::Columns columns;
    for (const record::ColumnData& column : batch.columns)
      columns.push_back(&column);
    return columns;
  }

  // The batch as a leaf sees it, each cell by itself.
  eval::Chunk ChunkOf(size_t leaf, const record::RecordBatch& batch) const {
    eval::Chunk chunk;
    chunk.rows = batch.rows;
    for (size_t column : columns_[leaf]) {
      std::vector<record::Value> values;
      for (size_t row = 0; row < batch.rows; ++row)
        values.push_back(record::CellValue(batch.columns[column], row));
      chunk.columns.push_back(eval::Vector::FromValues(batch.columns[column].type, values));
    }
    return chunk;
  }

  std::vector<uint32_t> Expected(size_t leaf, const record::RecordBatch& batch) const {
    return eval::Predicate(leaves_[leaf].predicate).Select(ChunkOf(leaf, batch), {});
  }

  record::SchemaCatalog catalog_;
  const record::Table* table_ = nullptr;
  std::vector<delta::LeafPlan> leaves_;
  std::vector<std::vector<size_t>> columns_;  // of the layout, by leaf
  record::BatchLayout layout_;
  record::Dictionary dictionaries_[2];
  record::Dictionary* dictionary_ = &dictionaries_[0];
};

}  // namespace keywatch::tests
