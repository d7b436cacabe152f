#include "engine/rule/watchlist_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/record/csv_line.h"
#include "engine/record/time.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::rule {
namespace {

namespace fs = std::filesystem;
using record::Type;
using record::Value;

constexpr size_t kOwnColumns = 3;  // _DTItemId, LastUpdatedTimeUTC, SearchKey
constexpr size_t kSearchKey = 2;
constexpr size_t kMaxProblems = 20;
constexpr int kFoldersAbove = 3;

enum class CellType { kText, kDatetime, kAddress, kGuid, kNumber };
const std::vector<std::string>& CellTypeNames() {
  static const std::vector<std::string> names = {"string", "datetime", "address", "guid", "number"};
  return names;
}

struct ListColumn {
  std::string name;
  CellType type = CellType::kText;
};

struct ListSchema {
  std::string alias;
  size_t search_key = 0;
  std::vector<ListColumn> columns;

  [[nodiscard]] std::optional<size_t> Find(std::string_view name) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == name)
        return i;
    }
    return std::nullopt;
  }
};

bool IsColumnName(std::string_view name) {
  return !name.empty() && (std::isdigit(static_cast<unsigned char>(name[0])) == 0) &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '_';
         });
}

ListColumn ReadColumn(const YamlNode& node, Diagnostics* diagnostics) {
  FieldReader reader(node, "a column", diagnostics);
  ListColumn column;
  if (const YamlNode* name = reader.Require("name")) {
    column.name = ReadText(*name, "name", diagnostics).value_or("");
    if (!IsColumnName(column.name)) {
      diagnostics->Error(
          name->span,
          fmt::format("expected a column name of letters, digits and _, found {}", column.name));
    }
  }
  column.type = static_cast<CellType>(reader.Name("type", CellTypeNames()).value_or(0));
  reader.Accept({"description"});
  reader.Finish(Severity::kError);
  return column;
}

// Each row says why it is there, and until when: an allow-list that nobody looks at only grows.
void RequireColumn(const ListSchema& schema,
                   std::string_view name,
                   CellType type,
                   SourceSpan span,
                   Diagnostics* diagnostics) {
  std::optional<size_t> found = schema.Find(name);
  if (found && schema.columns[*found].type == type)
    return;
  diagnostics->Error(span,
                     fmt::format("columns: expected a column {} of type {}",
                                 name,
                                 CellTypeNames()[static_cast<size_t>(type)]));
}

ListSchema ReadSchema(const YamlNode& root, const std::string& stem, Diagnostics* diagnostics) {
  FieldReader reader(root, "a watchlist", diagnostics);
  ListSchema schema;
  schema.alias = reader.Text("alias").value_or(stem);
  reader.Accept({"description"});
  const YamlNode* columns = reader.Require("columns");
  if (columns != nullptr && !columns->is_list())
    diagnostics->Error(columns->span, "columns: expected a list");
  if (columns != nullptr) {
    for (const YamlNode& item : columns->items) {
      ListColumn column = ReadColumn(item, diagnostics);
      if (schema.Find(column.name))
        diagnostics->Error(item.span,
                           fmt::format("this column is declared twice: {}", column.name));
      schema.columns.push_back(std::move(column));
    }
    RequireColumn(schema, "Expires", CellType::kDatetime, columns->span, diagnostics);
    RequireColumn(schema, "Reason", CellType::kText, columns->span, diagnostics);
  }
  if (const YamlNode* key = reader.Require("searchKey")) {
    std::string name = ReadText(*key, "searchKey", diagnostics).value_or("");
    std::optional<size_t> found = schema.Find(name);
    if (!found)
      diagnostics->Error(key->span, fmt::format("searchKey: there is no column {}", name));
    schema.search_key = found.value_or(0);
  }
  reader.Finish(Severity::kError);
  return schema;
}

bool IsAddress(std::string_view text) {
  size_t slash = text.find('/');
  std::string_view address = text.substr(0, slash);
  bool hex = !address.empty() && std::all_of(address.begin(), address.end(), [](unsigned char c) {
    return std::isxdigit(c) != 0 || c == '.' || c == ':';
  });
  if (!hex || (address.find('.') == address.npos && address.find(':') == address.npos))
    return false;
  if (slash == text.npos)
    return true;
  std::string_view bits = text.substr(slash + 1);
  return !bits.empty() && bits.size() <= 3 &&
         std::all_of(bits.begin(), bits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool Fits(CellType type, const std::string& text) {
  switch (type) {
    case CellType::kText:
      return true;
    case CellType::kDatetime:
      return record::ParseIsoDatetime(text).has_value();
    case CellType::kAddress:
      return IsAddress(text);
    case CellType::kGuid:
      return text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4;
    case CellType::kNumber:
      return !text.empty() && text.find_first_not_of("0123456789.-") == text.npos;
  }
  return false;
}

record::Schema TableSchema(const ListSchema& list) {
  record::Schema schema;
  schema.columns = {{"_DTItemId", Type::kString},
                    {"LastUpdatedTimeUTC", Type::kDatetime},
                    {"SearchKey", Type::kString}};
  for (const ListColumn& column : list.columns)
    schema.columns.push_back({column.name, Type::kString});
  return schema;
}

// The rows of the CSV text; what is wrong goes to `problems`, as "line N: ..".
class RowReader {
 public:
  RowReader(const ListSchema& schema, record::Watchlist* out, std::vector<std::string>* problems)
      : schema_(schema), out_(out), problems_(problems) {}

  void Read(std::string_view csv) {
    if (csv.starts_with("\xEF\xBB\xBF"))
      csv.remove_prefix(3);
    size_t number = 0;
    while (!csv.empty() && problems_->size() < kMaxProblems) {
      size_t end = csv.find('\n');
      std::string_view line = csv.substr(0, end);
      csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
      if (line.ends_with('\r'))
        line.remove_suffix(1);
      ++number;
      if (line.empty())
        continue;
      std::optional<std::vector<std::string>> fields = record::SplitCsvLine(line);
      if (!fields) {
        Problem(number, "expected a closing quote, found the end of the line");
      } else if (order_.empty()) {
        if (!ReadHeader(number, *fields))
          return;
      } else {
        ReadRow(number, *fields);
      }
    }
    if (order_.empty() && problems_->empty())
      Problem(1, fmt::format("expected a header line: {}", Header()));
  }

 private:
  void Problem(size_t line, const std::string& text) {
    problems_->push_back(fmt::format("line {}: {}", line, text));
  }

  [[nodiscard]] std::string Header() const {
    std::vector<std::string> names;
    for (const ListColumn& column : schema_.columns)
      names.push_back(column.name);
    return fmt::format("{}", fmt::join(names, ","));
  }

  bool ReadHeader(size_t line, const std::vector<std::string>& fields) {
    std::set<size_t> seen;
    for (const std::string& field : fields) {
      std::optional<size_t> column = schema_.Find(field);
      if (!column || !seen.insert(*column).second) {
        Problem(line, fmt::format("expected the columns {}, found {}", Header(), field));
        return false;
      }
      order_.push_back(*column);
    }
    if (order_.size() == schema_.columns.size())
      return true;
    Problem(line,
            fmt::format("expected the columns {}, found {} of them", Header(), order_.size()));
    return false;
  }

  void ReadRow(size_t line, const std::vector<std::string>& fields) {
    if (fields.size() != order_.size()) {
      return Problem(line,
                     fmt::format("expected {} fields, found {}", order_.size(), fields.size()));
    }
    if (out_->rows.size() >= kMaxWatchlistRows)
      return Problem(line, fmt::format("expected at most {} rows", kMaxWatchlistRows));
    record::Row row(kOwnColumns + order_.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      const ListColumn& column = schema_.columns[order_[i]];
      bool needed = column.name == "Expires" || column.name == "Reason";
      bool missing = fields[i].empty();
      if (missing ? needed : !Fits(column.type, fields[i])) {
        Problem(line,
                fmt::format("{}: expected {}, found {}",
                            column.name,
                            missing ? "a value" : CellTypeNames()[static_cast<size_t>(column.type)],
                            missing ? "nothing" : fields[i]));
      }
      row[kOwnColumns + order_[i]] = Value::String(fields[i]);
    }
    row[0] = Value::String(std::to_string(line));
    row[1] = Value::Null(Type::kDatetime);
    row[kSearchKey] = row[out_->search_key];
    out_->rows.push_back(std::move(row));
  }

  const ListSchema& schema_;
  record::Watchlist* out_;
  std::vector<std::string>* problems_;
  std::vector<size_t> order_;  // which column each field is
};

WatchlistLoad LoadOne(const fs::path& path) {
  WatchlistLoad load;
  load.path = path.string();
  load.alias = path.stem().string();
  Result<std::string> yaml = ReadTextFile(load.path);
  if (!yaml) {
    load.report = fmt::format("error: {}\n", yaml.error().message());
    return load;
  }
  SourceText source{load.path, std::move(*yaml), 1, 0};
  Diagnostics diagnostics;
  std::optional<YamlNode> root = ParseYaml(source, &diagnostics);
  ListSchema schema;
  if (root) {
    schema = ReadSchema(*root, load.alias, &diagnostics);
    load.alias = schema.alias;
  }
  load.report = Format(source, diagnostics);
  if (diagnostics.has_errors())
    return load;
  std::string csv_path = fs::path(path).replace_extension(".csv").string();
  Result<std::string> csv = ReadTextFile(csv_path, kMaxWatchlistBytes);
  if (!csv) {
    load.report += fmt::format("error: {}\n", csv.error().message());
    return load;
  }
  record::Watchlist watchlist{
      schema.alias, TableSchema(schema), {}, kOwnColumns + schema.search_key};
  std::vector<std::string> problems;
  RowReader(schema, &watchlist, &problems).Read(*csv);
  for (const std::string& problem : problems)
    load.report += fmt::format("{}: error: {}\n", csv_path, problem);
  if (problems.empty())
    load.watchlist = std::move(watchlist);
  return load;
}

}  // namespace

std::vector<WatchlistLoad> LoadWatchlists(const std::string& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && (name.ends_with(".yaml") || name.ends_with(".yml")))
      paths.push_back(entry->path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<WatchlistLoad> loads;
  if (error) {
    loads.push_back({folder,
                     "",
                     std::nullopt,
                     fmt::format("error: {}: expected a folder with watchlists: {}; make it, or "
                                 "take it out of rules.watchlists\n",
                                 folder,
                                 error.message())});
  }
  std::map<std::string, std::string> path_of;  // by alias
  for (const fs::path& path : paths) {
    WatchlistLoad& load = loads.emplace_back(LoadOne(path));
    auto [first, is_new] = path_of.try_emplace(load.alias, load.path);
    if (is_new)
      continue;
    load.watchlist.reset();
    load.report += fmt::format("{}: error: the alias {} is that of {}; give it another\n",
                               load.path,
                               load.alias,
                               first->second);
  }
  return loads;
}

std::optional<std::string> WatchlistFolderOf(const std::string& rule_path) {
  std::error_code error;
  fs::path folder = fs::absolute(rule_path, error).parent_path();
  for (int above = 0; above <= kFoldersAbove && !folder.empty(); ++above) {
    fs::path candidate = folder / kWatchlistFolder;
    if (fs::is_directory(candidate, error))
      return candidate.string();
    if (folder == folder.parent_path())
      break;
    folder = folder.parent_path();
  }
  return std::nullopt;
}

bool AddRow(const std::vector<std::pair<std::string, std::string>>& cells,
            record::Watchlist* watchlist,
            std::string* unknown) {
  record::Row row;
  for (const record::Column& column : watchlist->schema.columns) {
    row.push_back(column.type == Type::kString ? Value::String("") : Value::Null(column.type));
  }
  for (const auto& [name, text] : cells) {
    std::optional<size_t> column = watchlist->schema.Find(name);
    if (!column || watchlist->schema.columns[*column].type != Type::kString) {
      *unknown = name;
      return false;
    }
    row[*column] = Value::String(text);
  }
  row[kSearchKey] = row[watchlist->search_key];
  watchlist->rows.push_back(std::move(row));
  return true;
}

}  // namespace keywatch::rule
