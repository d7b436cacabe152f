// Runs data-driven tests of the language (test_file.h says how they look).
//   kql_tests FILE..            exit 1 if a case fails
//   kql_tests --update FILE..   writes what came out over the expectations: read the diff!
#include <algorithm>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/optimize/optimize.h"
#include "engine/plan/plan_printer.h"
#include "tests/kql/cell_text.h"
#include "tests/kql/test_file.h"
#include "tests/kql/ways.h"

namespace keywatch::kql_tests {
namespace {

using plan::NodePtr;
using record::Row;

// Whether the order of the result rows is what the query asked for.
bool EndsSorted(const NodePtr& node) {
  if (std::holds_alternative<plan::Sort>(node->op))
    return true;
  if (const auto* op = std::get_if<plan::Take>(&node->op))
    return EndsSorted(op->input);
  if (const auto* op = std::get_if<plan::Filter>(&node->op))
    return EndsSorted(op->input);
  if (const auto* op = std::get_if<plan::Project>(&node->op))
    return EndsSorted(op->input);
  return false;
}

std::string HeaderText(const record::Schema& schema) {
  if (schema.columns.empty())
    return "()\n";
  std::string out;
  for (const record::Column& column : schema.columns) {
    std::string name = CellText(record::Value::String(column.name));
    if (name[0] != '"' && name.find(':') != std::string::npos) {
      name.clear();
      record::AppendJsonString(column.name, &name);
    }
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", name, record::TypeName(column.type));
  }
  return out + "\n";
}

// A value whose type is not its column's is a mistake that no expectation would show.
void CheckTypes(const record::Schema& schema, const Row& row, std::string* out) {
  if (row.size() != schema.columns.size()) {
    *out += fmt::format("!! {} cells in a row of {}\n", row.size(), schema.columns.size());
    return;
  }
  for (size_t c = 0; c < row.size(); ++c) {
    if (row[c].type() == schema.columns[c].type)
      continue;
    *out += fmt::format(
        "!! column {} holds a {}\n", schema.columns[c].name, record::TypeName(row[c].type()));
  }
}

std::string ResultText(const NodePtr& plan, std::vector<Row> rows) {
  std::string out = HeaderText(plan->schema);
  if (!EndsSorted(plan)) {
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::lexicographical_compare(
          a.begin(),
          a.end(),
          b.begin(),
          b.end(),
          [](const record::Value& x, const record::Value& y) { return record::Compare(x, y) < 0; });
    });
  }
  for (const Row& row : rows) {
    CheckTypes(plan->schema, row, &out);
    std::string line;
    for (const record::Value& value : row)
      line += (line.empty() ? "" : " ") + CellText(value);
    out += (row.empty() ? "()" : line) + "\n";
  }
  return out;
}

std::string RunQuery(const TestFile& file, const Case& test, const NodePtr& plan) {
  batch::Tables tables = TablesOf(file, test);
  std::string first;
  for (const Way& way : Ways()) {
    std::optional<std::vector<Row>> rows = way.run(plan, tables, test.now);
    if (!rows)
      continue;
    std::string result = ResultText(plan, std::move(*rows));
    if (first.empty()) {
      first = result;
    } else if (result != first) {
      return fmt::format("{}!! {} gives:\n{}", first, way.name, result);
    }
  }
  return first;
}

// What the case gives, in the form of its expectation.
std::string Actual(const TestFile& file, const Case& test) {
  SourceText source{"query", test.query, 1, 0};
  Diagnostics diagnostics;
  kql::Query query = kql::Parse(source, &diagnostics);
  NodePtr plan;
  if (!diagnostics.has_errors())
    plan = bind::Bind(query, CatalogOf(file, test), &diagnostics);
  if (test.kind == CaseKind::kError || plan == nullptr)
    return Format(source, diagnostics);
  NodePtr optimized = optimize::Optimize(plan);
  if (!(optimized->schema == plan->schema)) {
    return fmt::format(
        "!! the optimizer changed the columns:\n{}{}", plan::Print(plan), plan::Print(optimized));
  }
  return test.kind == CaseKind::kPlan ? plan::Print(optimized) : RunQuery(file, test, plan);
}

struct Outcome {
  size_t cases = 0;
  size_t failed = 0;
};

bool RunFile(const std::string& path, bool update, Outcome* outcome) {
  Result<TestFile> file = ReadTestFile(path);
  if (!file) {
    std::cout << file.error().message() << "\n";
    return false;
  }
  std::vector<std::string> actual;
  for (const Case& test : file->cases) {
    ++outcome->cases;
    actual.push_back(Actual(*file, test));
    if (actual.back() == test.expected)
      continue;
    if (update && actual.back().find("!! ") == std::string::npos)
      continue;
    ++outcome->failed;
    std::cout << fmt::format("{}:{}: failed\n{}\n---- expected\n{}---- actual\n{}\n",
                             path,
                             test.line,
                             test.query,
                             test.expected,
                             actual.back());
  }
  if (file->cases.empty()) {
    std::cout << fmt::format("{}: expected at least one case\n", path);
    return false;
  }
  if (update)
    std::ofstream(path) << WithExpectations(*file, actual);
  return true;
}

int Main(const std::vector<std::string>& arguments) {
  bool update = false;
  bool readable = true;
  Outcome outcome;
  for (const std::string& argument : arguments) {
    if (argument == "--update") {
      update = true;
    } else {
      readable = RunFile(argument, update, &outcome) && readable;
    }
  }
  std::cout << fmt::format("{} cases, {} failed\n", outcome.cases, outcome.failed);
  return readable && outcome.failed == 0 && outcome.cases > 0 ? 0 : 1;
}

}  // namespace
}  // namespace keywatch::kql_tests

int main(int argc, char** argv) {
  return keywatch::kql_tests::Main(std::vector<std::string>(argv + 1, argv + argc));
}
