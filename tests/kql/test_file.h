// A data-driven test of the language: tests/kql/**/*.test.
//
//   # A comment: a line outside a block that begins with #.
//   table Logins (TimeGenerated: datetime, User: string, ResultType: long)
//   2024-05-01T10:00:00Z  alice  0
//   2024-05-01T10:00:05Z  ""     50126
//
//   now 2024-05-02T00:00:00Z
//
//   query
//   Logins | where isempty(User) | project User, ResultType
//   ----
//   User:string ResultType:long
//   "" 50126
//
//   plan
//   Logins | where 1 + 1 == 2 and ResultType == 0
//   ----
//   filter (== ResultType 0)
//     scan Logins [TimeGenerated User ResultType]
//
//   error
//   Logins | where ResultTyp == 0
//   ----
//   query:1:16: error: no column or let has this name: ResultTyp
//   ...
//
// A block ends at an empty line; the text above `----` may hold empty lines. A query's expectation
// is a header of the column names and types (a name with blanks or colons quoted as JSON; `()` for
// no columns), then the rows, sorted unless the query ends sorted. `plan` is the optimized plan.
// `error` is every diagnostic, warnings too. Tables hold for the cases below them; `now` too.
//
// Every query is run in all the ways of ways.h. `query (not WAY: REASON)` says that it has another
// result in one of them, and why it may.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/batch/executor.h"
#include "engine/record/schema_catalog.h"
#include "engine/record/time.h"

namespace keywatch::kql_tests {

enum class CaseKind { kQuery, kPlan, kError };

struct Case {
  CaseKind kind = CaseKind::kQuery;
  size_t line = 0;  // of the directive, from 1
  std::string query;
  std::string except;         // the way that may give something else; usually none
  std::string expected;       // lines, each with its line end
  size_t expected_begin = 0;  // the lines of the file that hold it, from 0
  size_t expected_end = 0;
  size_t tables = 0;  // how many of the file's tables stand above it
  record::Ticks now = 0;
};

struct TestTable {
  std::string name;
  batch::TableData data;
};

struct TestFile {
  std::string path;
  std::vector<std::string> lines;
  std::vector<TestTable> tables;
  std::vector<Case> cases;
};

Result<TestFile> ReadTestFile(const std::string& path);
// The file's text with the expectations of its cases replaced by `actual`, one per case.
std::string WithExpectations(const TestFile& file, const std::vector<std::string>& actual);

// The tables that a case can see. Of two with one name the later counts.
record::SchemaCatalog CatalogOf(const TestFile& file, const Case& test);
batch::Tables TablesOf(const TestFile& file, const Case& test);

}  // namespace keywatch::kql_tests
