#include "tests/kql/test_file.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "tests/kql/cell_text.h"

namespace keywatch::kql_tests {

namespace {

constexpr std::string_view kDefaultNow = "2024-05-02T00:00:00Z";

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

class FileReader {
 public:
  explicit FileReader(TestFile* file) : file_(file) {
    now_ = *record::ParseIsoDatetime(kDefaultNow);
  }

  Status Read() {
    while (at_ < file_->lines.size()) {
      std::string_view line = file_->lines[at_];
      if (IsBlank(line) || line[0] == '#') {
        ++at_;
        continue;
      }
      KEYWATCH_RETURN_IF_ERROR(ReadDirective(line));
    }
    return {};
  }

 private:
  [[nodiscard]] Status Mistake(const std::string& what) const {
    return InvalidInput(fmt::format("{}:{}: {}", file_->path, at_ + 1, what));
  }

  Status ReadDirective(std::string_view line) {
    if (line.starts_with("table "))
      return ReadTable(line.substr(6));
    if (line.starts_with("now ")) {
      std::optional<record::Ticks> now = record::ParseIsoDatetime(line.substr(4));
      if (!now)
        return Mistake("expected now <datetime>");
      now_ = *now;
      ++at_;
      return {};
    }
    if (line == "query")
      return ReadCase(CaseKind::kQuery, "");
    if (line.starts_with("query (not "))
      return ReadExcept(line.substr(11));
    if (line == "plan")
      return ReadCase(CaseKind::kPlan, "");
    if (line == "error")
      return ReadCase(CaseKind::kError, "");
    return Mistake(fmt::format("expected table, now, query, plan or error, found: {}", line));
  }

  // NAME (column: type, ..), then rows up to an empty line.
  Status ReadTable(std::string_view declaration) {
    size_t open = declaration.find(" (");
    if (open == std::string_view::npos || !declaration.ends_with(")")) {
      return Mistake("expected table NAME (column: type, ..)");
    }
    TestTable table;
    table.name = declaration.substr(0, open);
    std::string columns(declaration.substr(open + 2));
    columns.pop_back();
    std::istringstream stream(columns);
    for (std::string column; std::getline(stream, column, ',');) {
      column.erase(0, column.find_first_not_of(' '));
      size_t colon = column.find(": ");
      std::optional<record::Type> type;
      if (colon != std::string::npos)
        type = record::TypeFromName(column.substr(colon + 2));
      if (!type)
        return Mistake(fmt::format("expected `column: type`, found: {}", column));
      table.data.schema.columns.push_back({column.substr(0, colon), *type});
    }
    for (++at_; at_ < file_->lines.size() && !IsBlank(file_->lines[at_]); ++at_) {
      KEYWATCH_RETURN_IF_ERROR(ReadRow(file_->lines[at_], &table.data));
    }
    file_->tables.push_back(std::move(table));
    return {};
  }

  Status ReadRow(std::string_view line, batch::TableData* table) {
    std::vector<std::string> cells = SplitCells(line);
    const std::vector<record::Column>& columns = table->schema.columns;
    if (cells.size() != columns.size()) {
      return Mistake(fmt::format("expected {} cells, found {}", columns.size(), cells.size()));
    }
    record::Row row;
    for (size_t c = 0; c < cells.size(); ++c) {
      Result<record::Value> value = ReadCell(columns[c].type, cells[c]);
      if (!value)
        return Mistake(value.error().message());
      row.push_back(std::move(*value));
    }
    table->rows.push_back(std::move(row));
    return {};
  }

  // WAY: REASON)
  Status ReadExcept(std::string_view text) {
    size_t colon = text.find(": ");
    if (colon == std::string_view::npos || !text.ends_with(")") || text.size() < colon + 4)
      return Mistake("expected query (not WAY: REASON)");
    return ReadCase(CaseKind::kQuery, std::string(text.substr(0, colon)));
  }

  Status ReadCase(CaseKind kind, std::string except) {
    Case test;
    test.kind = kind;
    test.except = std::move(except);
    test.line = at_ + 1;
    test.tables = file_->tables.size();
    test.now = now_;
    for (++at_; at_ < file_->lines.size() && file_->lines[at_] != "----"; ++at_) {
      test.query += file_->lines[at_] + "\n";
    }
    if (at_ == file_->lines.size())
      return Mistake("expected ---- after the query");
    test.query.pop_back();
    test.expected_begin = ++at_;
    for (; at_ < file_->lines.size() && !IsBlank(file_->lines[at_]); ++at_) {
      test.expected += file_->lines[at_] + "\n";
    }
    test.expected_end = at_;
    file_->cases.push_back(std::move(test));
    return {};
  }

  TestFile* file_;
  size_t at_ = 0;
  record::Ticks now_ = 0;
};

}  // namespace

Result<TestFile> ReadTestFile(const std::string& path) {
  std::ifstream stream(path);
  if (!stream)
    return NotFound("expected a readable file: " + path);
  TestFile file;
  file.path = path;
  for (std::string line; std::getline(stream, line);)
    file.lines.push_back(line);
  KEYWATCH_RETURN_IF_ERROR(FileReader(&file).Read());
  return file;
}

std::string WithExpectations(const TestFile& file, const std::vector<std::string>& actual) {
  std::string out;
  size_t at = 0;
  for (size_t i = 0; i < file.cases.size(); ++i) {
    for (; at < file.cases[i].expected_begin; ++at)
      out += file.lines[at] + "\n";
    out += actual[i];
    at = file.cases[i].expected_end;
  }
  for (; at < file.lines.size(); ++at)
    out += file.lines[at] + "\n";
  return out;
}

record::SchemaCatalog CatalogOf(const TestFile& file, const Case& test) {
  std::map<std::string, const TestTable*> latest;
  for (size_t i = 0; i < test.tables; ++i)
    latest[file.tables[i].name] = &file.tables[i];
  record::SchemaCatalog catalog;
  for (const auto& [name, table] : latest) {
    std::string csv = "column,type,source,storage,meaning\n";
    for (const record::Column& column : table->data.schema.columns) {
      csv += fmt::format("{},{},,,\n", column.name, record::TypeName(column.type));
    }
    Status added = catalog.AddCsv(name, csv);
    KEYWATCH_CHECK(added.ok(), added.message().c_str());
  }
  return catalog;
}

batch::Tables TablesOf(const TestFile& file, const Case& test) {
  batch::Tables tables;
  for (size_t i = 0; i < test.tables; ++i) {
    tables.insert_or_assign(file.tables[i].name, file.tables[i].data);
  }
  return tables;
}

}  // namespace keywatch::kql_tests
