// Rows that are known beforehand (of a datatable, a watchlist) and kept where no record matches
// them: what was announced, and may fail to come. Each is visible from the start, or where its own
// times say (`where Until < now()`): a timer looks at it then, whether records come or not.
//
// They are no part of the saved state: after a restart they are those of the query and the
// watchlist as they are then.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/delta/branch_program.h"
#include "engine/delta/leaf_store.h"

namespace keywatch::delta {

struct ConstantRow {
  size_t leaf = 0;
  StoredRow row;  // record_id is a hash of its values, so that it is the same in another list
};

// The rows of the branch's constant leaves by partition key, as far as they are visible at `from`
// or later.
std::map<std::string, std::vector<ConstantRow>> ConstantRowsOf(const BranchProgram& branch,
                                                               record::Ticks from);

bool HasConstantRows(const BranchPlan& branch);

}  // namespace keywatch::delta
