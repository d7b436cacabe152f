// From a row of a Log Analytics table back to the audit record that it was made of. Pure.
//
// The table files say which member of a record fills which column (engine/record/schema_catalog.h);
// this is the same, read the other way: so the record has the identity that it has from Event Hubs,
// and rules see the columns that they would see in Log Analytics. Columns that no table file lists
// are named by Azure Monitor's rule: the path joined by `_`, and a type suffix.
#pragma once

#include <string>

#include "engine/record/dynamic.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::loganalytics {

// The record as JSON. `columns` is a bag; members that are null or "" are as if they were absent.
std::string RecordOfRow(const record::Table& table, const record::Dynamic& columns);

}  // namespace keywatch::loganalytics
