// The table files that are built into the binary; defined in a file that embed_tables.cmake writes.
#pragma once

#include <string_view>
#include <vector>

namespace keywatch::record {

struct BuiltinTable {
  std::string_view name;
  std::string_view csv;
};

std::vector<BuiltinTable> BuiltinTables();

}  // namespace keywatch::record
