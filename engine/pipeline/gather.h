// From the columns of a batch to those of the evaluator.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/eval/vector.h"
#include "engine/record/record_batch.h"

namespace keywatch::pipeline {

// The columns of one batch by number: those of its layout, then the computed ones
// (computed_columns.h).
using Columns = std::vector<const record::ColumnData*>;

// The cells of these rows. Texts stay where they are.
eval::Vector Gather(const record::ColumnData& column, const std::vector<uint32_t>& rows);

}  // namespace keywatch::pipeline
