#include "engine/delta/constant_rows.h"

#include <algorithm>

#include "engine/delta/leaf_values.h"
#include "engine/record/hash.h"
#include "engine/state/byte_writer.h"

namespace keywatch::delta {

using record::Ticks;

namespace {

// Rows that are alike are told apart by how many stand before them.
uint64_t IdentityOf(const record::Row& values, std::map<uint64_t, uint64_t>* seen) {
  std::string bytes;
  state::ByteWriter(&bytes).Row(values);
  uint64_t hash = record::HashBytes(bytes, 0);
  uint64_t before = (*seen)[hash]++;
  return before == 0 ? hash : record::HashBytes(bytes, before);
}

}  // namespace

bool HasConstantRows(const BranchPlan& branch) {
  return std::any_of(branch.leaves.begin(), branch.leaves.end(), [](const LeafPlan& leaf) {
    return leaf.is_constant();
  });
}

std::map<std::string, std::vector<ConstantRow>> ConstantRowsOf(const BranchProgram& branch,
                                                               Ticks from) {
  std::map<std::string, std::vector<ConstantRow>> out;
  for (size_t number = 0; number < branch.plan->leaves.size(); ++number) {
    const LeafPlan& leaf = branch.plan->leaves[number];
    if (!leaf.is_constant())
      continue;
    const LeafProgram& program = branch.leaves[number];
    const std::vector<bool> all(leaf.columns.columns.size(), true);
    eval::Chunk rows =
        eval::ToChunk(leaf.constant->data(), leaf.constant->size(), leaf.columns, all);
    rows = eval::Gather(rows, program.predicate.Select(rows, {}));
    LeafValues values(leaf, program, rows);
    std::map<uint64_t, uint64_t> seen;
    for (size_t i = 0; i < rows.rows; ++i) {
      ConstantRow constant{number, {}};
      StoredRow& row = constant.row;
      row.lo = from;
      row.hi = record::kMaxDatetime;
      row.values = values.Output(i);
      row.record_id = IdentityOf(row.values, &seen);
      if (!values.Narrow(i, &row.lo, &row.hi) || row.lo >= row.hi)
        continue;
      row.event_time = row.lo;
      std::string key;
      values.AppendKey(i, &key);
      out[std::move(key)].push_back(std::move(constant));
    }
  }
  return out;
}

}  // namespace keywatch::delta
