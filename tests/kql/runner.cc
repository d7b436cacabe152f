// Runs data-driven tests of the language (test_file.h says how they look).
//   kql_tests FILE..            exit 1 if a case fails
//   kql_tests --least N FILE..  exit 1 also if there is a way in which fewer than N queries were
//   run kql_tests --update FILE..   writes what came out over the expectations: read the diff!
#include <algorithm>
#include <cstdlib>
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

struct Outcome {
  size_t cases = 0;
  size_t failed = 0;
  std::vector<size_t> queries;  // by number of the way: how many were run so and compared
};

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

void SortRows(std::vector<Row>* rows) {
  auto before = [](const record::Value& a, const record::Value& b) {
    return record::Compare(a, b) < 0;
  };
  std::stable_sort(rows->begin(), rows->end(), [&](const Row& a, const Row& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
  });
}

std::string ResultText(const record::Schema& schema, const std::vector<Row>& rows) {
  std::string out = HeaderText(schema);
  for (const Row& row : rows) {
    CheckTypes(schema, row, &out);
    std::string line;
    for (const record::Value& value : row)
      line += (line.empty() ? "" : " ") + CellText(value);
    out += (row.empty() ? "()" : line) + "\n";
  }
  return out;
}

// For a way that keeps no order: the elements of each array sorted, then the rows.
std::string UnorderedText(const record::Schema& schema, std::vector<Row> rows) {
  for (Row& row : rows) {
    for (record::Value& value : row) {
      if (value.type() != record::Type::kDynamic || value.is_null() ||
          value.dynamic()->array() == nullptr) {
        continue;
      }
      record::Dynamic::Array elements = *value.dynamic()->array();
      std::stable_sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) {
        return record::ToJson(a) < record::ToJson(b);
      });
      record::Dynamic sorted;
      sorted.held = std::move(elements);
      value = record::Value::Of(std::move(sorted));
    }
  }
  SortRows(&rows);
  return ResultText(schema, rows);
}

// The case run in every way: the first one's result, then what is wrong with another's.
std::string RunQuery(const TestFile& file,
                     const Case& test,
                     const NodePtr& plan,
                     Outcome* outcome) {
  const batch::Tables tables = TablesOf(file, test);
  const std::vector<Way> ways = Ways();
  std::vector<Row> first;
  std::string text;
  bool excepted = test.except.empty();
  for (size_t w = 0; w < ways.size(); ++w) {
    const Way& way = ways[w];
    std::optional<std::vector<Row>> rows = way.run(plan, tables, test.now);
    if (!rows)
      continue;
    if (!EndsSorted(plan))
      SortRows(&*rows);
    if (w == 0) {
      first = *rows;
      text = ResultText(plan->schema, first);
    }
    bool same = way.ordered
                    ? ResultText(plan->schema, *rows) == text
                    : UnorderedText(plan->schema, *rows) == UnorderedText(plan->schema, first);
    if (way.name == test.except) {
      excepted = !same;
      continue;
    }
    ++outcome->queries[w];
    if (!same)
      return fmt::format("{}!! {} gives:\n{}", text, way.name, ResultText(plan->schema, *rows));
  }
  return excepted ? text : fmt::format("{}!! not {}: it gives nothing else\n", text, test.except);
}

// What the case gives, in the form of its expectation.
std::string Actual(const TestFile& file, const Case& test, Outcome* outcome) {
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
  return test.kind == CaseKind::kPlan ? plan::Print(optimized)
                                      : RunQuery(file, test, plan, outcome);
}

bool RunFile(const std::string& path, bool update, Outcome* outcome) {
  Result<TestFile> file = ReadTestFile(path);
  if (!file) {
    std::cout << file.error().message() << "\n";
    return false;
  }
  std::vector<std::string> actual;
  for (const Case& test : file->cases) {
    ++outcome->cases;
    actual.push_back(Actual(*file, test, outcome));
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

// Says how many queries were run in each way; false if it was fewer than `least` in one of them.
bool PrintWays(const std::vector<size_t>& queries, size_t least) {
  bool enough = true;
  const std::vector<Way> ways = Ways();
  for (size_t w = 0; w < queries.size(); ++w) {
    bool fewer = queries[w] < least;
    enough = enough && !fewer;
    std::cout << fmt::format("{} queries run: {}", queries[w], ways[w].name)
              << (fewer ? fmt::format("; expected at least {}\n", least) : "\n");
  }
  return enough;
}

int Main(const std::vector<std::string>& arguments) {
  bool update = false;
  bool good = true;
  size_t least = 0;
  Outcome outcome;
  outcome.queries.resize(Ways().size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--update") {
      update = true;
    } else if (arguments[i] == "--least" && i + 1 < arguments.size()) {
      least = std::strtoul(arguments[++i].c_str(), nullptr, 10);
    } else {
      good = RunFile(arguments[i], update, &outcome) && good;
    }
  }
  good = PrintWays(outcome.queries, least) && good;
  std::cout << fmt::format("{} cases, {} failed\n", outcome.cases, outcome.failed);
  return good && outcome.failed == 0 && outcome.cases > 0 ? 0 : 1;
}

}  // namespace
}  // namespace keywatch::kql_tests

int main(int argc, char** argv) {
  return keywatch::kql_tests::Main(std::vector<std::string>(argv + 1, argv + argc));
}
