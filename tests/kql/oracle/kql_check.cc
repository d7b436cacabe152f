// keywatch's front end for the comparison with Microsoft's parser and binder (compare.js). JSON
// Lines:
//   kql_check cases FILE.test..   the queries of test files: {"id", "query", "tables": {"T":
//   "(a:string)"}} kql_check rules PATH..        the queries of rule files, with the shipped tables
//   kql_check check               reads such lines, writes {"id", "errors": [message], "columns":
//   ["a:string"]}
#include <iostream>

#include <fmt/format.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/rule/rule_file.h"
#include "engine/rule/watchlist_file.h"
#include "tests/kql/test_file.h"

namespace keywatch::kql_tests {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  record::AppendJsonString(text, &out);
  return out;
}

std::string SchemaText(const record::Schema& schema) {
  std::string out;
  for (const record::Column& column : schema.columns) {
    out +=
        fmt::format("{}{}:{}", out.empty() ? "" : ", ", column.name, record::TypeName(column.type));
  }
  return "(" + out + ")";
}

void WriteQuery(const std::string& id,
                const std::string& query,
                const record::SchemaCatalog& catalog) {
  std::string tables;
  for (const std::string& name : catalog.names()) {
    tables += fmt::format("{}{}:{}",
                          tables.empty() ? "" : ",",
                          Quoted(name),
                          Quoted(SchemaText(catalog.Find(name)->schema())));
  }
  std::cout << fmt::format(
      "{{\"id\":{},\"query\":{},\"tables\":{{{}}}}}\n", Quoted(id), Quoted(query), tables);
}

int WriteCases(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    Result<TestFile> file = ReadTestFile(path);
    if (!file) {
      std::cerr << file.error().message() << "\n";
      return 1;
    }
    for (const Case& test : file->cases) {
      WriteQuery(fmt::format("{}:{}", path, test.line), test.query, CatalogOf(*file, test));
    }
  }
  return 0;
}

std::string TableCsv(std::string_view schema);

// Microsoft's binder knows no watchlists: in the query they are tables with the same columns.
std::string WatchlistsAsTables(std::string query,
                               const std::string& rule_path,
                               record::SchemaCatalog* catalog) {
  std::optional<std::string> folder = rule::WatchlistFolderOf(rule_path);
  for (const rule::WatchlistLoad& load :
       folder ? rule::LoadWatchlists(*folder) : std::vector<rule::WatchlistLoad>()) {
    std::cerr << load.report;
    if (!load.watchlist)
      continue;
    std::string table = "Watchlist_" + load.watchlist->alias;
    Status added = catalog->AddCsv(table, TableCsv(SchemaText(load.watchlist->schema)));
    if (!added.ok())
      std::cerr << added.message() << "\n";
    std::string call = fmt::format("_GetWatchlist(\"{}\")", load.watchlist->alias);
    for (size_t at = query.find(call); at != std::string::npos; at = query.find(call, at))
      query.replace(at, call.size(), table);
  }
  return query;
}

int WriteRules(const std::vector<std::string>& paths) {
  int status = 0;
  for (const rule::RuleLoad& load : rule::LoadRules(paths)) {
    if (load.rule) {
      record::SchemaCatalog catalog = record::SchemaCatalog::Builtin();
      std::string query = WatchlistsAsTables(load.rule->query.text, load.source.name, &catalog);
      WriteQuery(load.source.name, query, catalog);
    } else {
      std::cerr << Format(load.source, load.diagnostics);
      status = 1;
    }
  }
  return status;
}

// "(a:string, b:long)" as the lines of a table file.
std::string TableCsv(std::string_view schema) {
  std::string csv = "column,type,source,storage,meaning\n";
  std::string_view rest = schema.substr(1, schema.size() - 2);
  while (!rest.empty()) {
    std::string_view column = rest.substr(0, rest.find(", "));
    size_t colon = column.rfind(':');
    csv += fmt::format("{},{},,,\n", column.substr(0, colon), column.substr(colon + 1));
    rest.remove_prefix(std::min(rest.size(), column.size() + 2));
  }
  return csv;
}

void CheckQuery(const record::Dynamic& line) {
  record::SchemaCatalog catalog;
  for (const auto& [name, schema] : *line.Find("tables")->object()) {
    Status added = catalog.AddCsv(name, TableCsv(*schema.string()));
    if (!added.ok())
      std::cerr << added.message() << "\n";
  }
  SourceText source{"query", *line.Find("query")->string(), 1, 0};
  Diagnostics diagnostics;
  kql::Query query = kql::Parse(source, &diagnostics);
  plan::NodePtr plan;
  if (!diagnostics.has_errors())
    plan = bind::Bind(query, catalog, &diagnostics);
  std::string errors;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity != Severity::kError)
      continue;
    errors += (errors.empty() ? "" : ",") + Quoted(diagnostic.message);
  }
  std::string columns;
  if (plan != nullptr) {
    plan::NodePtr optimized = optimize::Optimize(plan);
    for (const record::Column& column : optimized->schema.columns) {
      columns += (columns.empty() ? "" : ",") +
                 Quoted(fmt::format("{}:{}", column.name, record::TypeName(column.type)));
    }
  }
  std::cout << fmt::format("{{\"id\":{},\"errors\":[{}],\"columns\":[{}]}}\n",
                           Quoted(*line.Find("id")->string()),
                           errors,
                           columns);
}

int CheckLines() {
  for (std::string line; std::getline(std::cin, line);) {
    std::optional<record::Dynamic> json = record::ParseJson(line);
    bool whole = json && json->Find("id") != nullptr && json->Find("query") != nullptr &&
                 json->Find("tables") != nullptr;
    if (!whole) {
      std::cerr << "expected {\"id\", \"query\", \"tables\"}, found: " << line << "\n";
      return 1;
    }
    CheckQuery(*json);
  }
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  std::string mode = arguments.empty() ? "" : arguments[0];
  std::vector<std::string> paths(arguments.begin() + (arguments.empty() ? 0 : 1), arguments.end());
  if (mode == "cases")
    return WriteCases(paths);
  if (mode == "rules")
    return WriteRules(paths);
  if (mode == "check")
    return CheckLines();
  std::cerr << "usage: kql_check cases FILE.. | rules PATH.. | check\n";
  return 2;
}

}  // namespace
}  // namespace keywatch::kql_tests

int main(int argc, char** argv) {
  return keywatch::kql_tests::Main(std::vector<std::string>(argv + 1, argv + argc));
}
