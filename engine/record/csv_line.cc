#include "engine/record/csv_line.h"

namespace keywatch::record {

std::optional<std::vector<std::string>> SplitCsvLine(std::string_view line) {
  std::vector<std::string> fields(1);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ',') {
      fields.emplace_back();
    } else if (line[i] != '"') {
      fields.back() += line[i];
    } else {
      for (++i;; ++i) {
        if (i >= line.size())
          return std::nullopt;
        if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"'))
          break;
        if (line[i] == '"')
          ++i;
        fields.back() += line[i];
      }
    }
  }
  return fields;
}

}  // namespace keywatch::record
