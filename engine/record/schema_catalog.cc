#include "engine/record/schema_catalog.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "engine/base/check.h"
#include "engine/record/builtin_tables.h"
#include "engine/record/column_source.h"
#include "engine/record/csv_line.h"

namespace keywatch::record {
namespace {

constexpr std::string_view kHeader = "column,type,source,storage,meaning";
constexpr size_t kFields = 5;

bool IsName(std::string_view text) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

Status CheckSource(const TableColumn& column) {
  Result<ColumnSource> source = ParseColumnSource(column.source);
  if (!source)
    return source.error();
  bool text = column.type == Type::kString;
  switch (source->kind) {
    case SourceKind::kNone:
    case SourceKind::kPath:
      return {};
    case SourceKind::kEventTime:
      if (column.type == Type::kDatetime)
        return {};
      return InvalidInput("expected type datetime for source @event_time, found: " +
                          std::string(TypeName(column.type)));
    default:
      if (text)
        return {};
      return InvalidInput(fmt::format(
          "expected type string for source {}, found: {}", column.source, TypeName(column.type)));
  }
}

Result<TableColumn> ReadColumn(std::string_view line) {
  std::optional<std::vector<std::string>> fields = SplitCsvLine(line);
  if (!fields)
    return InvalidInput("expected a closing quote, found the end of the line");
  if (fields->size() != kFields) {
    return InvalidInput(
        fmt::format("expected {} fields ({}), found {}", kFields, kHeader, fields->size()));
  }
  TableColumn column;
  column.name = (*fields)[0];
  if (!IsName(column.name)) {
    return InvalidInput("expected a column name of letters, digits and _, found: " + column.name);
  }
  std::optional<Type> type = TypeFromName((*fields)[1]);
  if (!type) {
    return InvalidInput(
        "expected a type (bool, int, long, real, datetime, timespan, guid, string, dynamic), "
        "found: " +
        (*fields)[1]);
  }
  column.type = *type;
  column.source = (*fields)[2];
  if (column.source == "@name")
    column.source = WithoutTypeSuffix(column.name);
  const std::string& storage = (*fields)[3];
  if (storage == "dictionary") {
    if (column.type != Type::kString && column.type != Type::kGuid) {
      return InvalidInput(
          "expected storage dictionary on a string or guid column only, found type: " +
          (*fields)[1]);
    }
    column.storage = Storage::kDictionary;
  } else if (storage != "text" && !storage.empty()) {
    return InvalidInput("expected storage dictionary or text, found: " + storage);
  }
  KEYWATCH_RETURN_IF_ERROR(CheckSource(column));
  return column;
}

}  // namespace

Schema Table::schema() const {
  Schema out;
  for (const TableColumn& column : columns)
    out.columns.push_back({column.name, column.type});
  return out;
}

const SchemaCatalog& SchemaCatalog::Builtin() {
  static const SchemaCatalog catalog = [] {
    SchemaCatalog made;
    for (const BuiltinTable& table : BuiltinTables()) {
      Status status = made.AddCsv(table.name, table.csv);
      KEYWATCH_CHECK(status.ok(), status.message().c_str());
    }
    return made;
  }();
  return catalog;
}

Status SchemaCatalog::AddCsv(std::string_view name, std::string_view csv) {
  if (!IsName(name)) {
    return InvalidInput("expected a table name of letters, digits and _, found: " +
                        std::string(name));
  }
  const Table* known = Find(name);
  Table table = known != nullptr ? *known : Table{std::string(name), {}};
  if (csv.starts_with("\xEF\xBB\xBF"))
    csv.remove_prefix(3);
  size_t number = 0;
  bool header = false;
  while (!csv.empty()) {
    size_t end = csv.find('\n');
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    ++number;
    if (line.empty())
      continue;
    if (!header) {
      header = true;
      if (line == kHeader)
        continue;
      return InvalidInput(fmt::format(
          "table {}, line {}: expected the header {}, found: {}", name, number, kHeader, line));
    }
    Result<TableColumn> column = ReadColumn(line);
    if (!column) {
      return InvalidInput(
          fmt::format("table {}, line {}: {}", name, number, column.error().message()));
    }
    auto same = [&](const TableColumn& other) { return other.name == column->name; };
    if (std::any_of(table.columns.begin(), table.columns.end(), same)) {
      return InvalidInput(
          fmt::format("table {}, line {}: expected a new column, found one that is "
                      "declared already: {}",
                      name,
                      number,
                      column->name));
    }
    table.columns.push_back(std::move(column).value());
  }
  if (table.columns.empty()) {
    return InvalidInput(fmt::format("table {}: expected at least one column, found none", name));
  }
  tables_.insert_or_assign(std::string(name), std::move(table));
  return {};
}

const Table* SchemaCatalog::Find(std::string_view name) const {
  auto found = tables_.find(name);
  return found == tables_.end() ? nullptr : &found->second;
}

void SchemaCatalog::SetWatchlist(Watchlist watchlist) {
  watchlists_.insert_or_assign(watchlist.alias, std::move(watchlist));
}

void SchemaCatalog::RemoveWatchlist(std::string_view alias) {
  if (auto found = watchlists_.find(alias); found != watchlists_.end())
    watchlists_.erase(found);
}

const Watchlist* SchemaCatalog::FindWatchlist(std::string_view alias) const {
  auto found = watchlists_.find(alias);
  return found == watchlists_.end() ? nullptr : &found->second;
}

std::vector<std::string> SchemaCatalog::watchlist_names() const {
  std::vector<std::string> names;
  for (const auto& [alias, watchlist] : watchlists_)
    names.push_back(alias);
  return names;
}

std::vector<std::string> SchemaCatalog::names() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_)
    names.push_back(name);
  return names;
}

}  // namespace keywatch::record
