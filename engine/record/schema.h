// Column names and types of a table or of an intermediate result. KQL names are case-sensitive.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/type.h"

namespace keywatch::record {

struct Column {
  std::string name;
  Type type = Type::kString;
  bool operator==(const Column&) const = default;
};

struct Schema {
  std::vector<Column> columns;

  [[nodiscard]] std::optional<size_t> Find(std::string_view name) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == name)
        return i;
    }
    return std::nullopt;
  }
  bool operator==(const Schema&) const = default;
};

}  // namespace keywatch::record
