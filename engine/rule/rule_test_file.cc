#include "engine/rule/rule_test_file.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "engine/rule/rule_search.h"
#include "engine/rule/test_record.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::rule {
namespace {

using record::Ticks;
using Texts = std::vector<std::pair<std::string, std::string>>;
using Watchlists = std::map<std::string, std::vector<Texts>>;

constexpr std::string_view kDefaultStart = "2026-01-15T12:00:00Z";

class TestFileReader {
 public:
  TestFileReader(std::string path, Diagnostics* diagnostics)
      : diagnostics_(diagnostics), templates_(diagnostics) {
    file_.path = std::move(path);
  }

  RuleTestFile Read(const YamlNode& root) {
    FieldReader reader(root, "a rule test file", diagnostics_);
    file_.rule_path = RuleFileOf(file_.path);
    if (std::optional<std::string> name = reader.Text("rule")) {
      std::filesystem::path folder = std::filesystem::path(file_.path).parent_path();
      file_.rule_path = (folder / *name).string();
    }
    start_ = ReadStart(&reader, *record::ParseIsoDatetime(kDefaultStart));
    if (const YamlNode* templates = reader.Find("templates"))
      templates_.Read(*templates);
    if (const YamlNode* watchlists = reader.Find("watchlists"))
      watchlists_ = ReadWatchlists(*watchlists);
    if (const YamlNode* tests = reader.Require("tests"))
      ReadTests(*tests);
    reader.Finish(Severity::kError);
    return std::move(file_);
  }

 private:
  Ticks ReadStart(FieldReader* reader, Ticks fallback) {
    const YamlNode* node = reader->Find("start");
    if (node == nullptr)
      return fallback;
    std::optional<Ticks> start = record::ParseIsoDatetime(node->scalar);
    if (!start) {
      diagnostics_->Error(
          node->span,
          fmt::format("start: expected a time such as {}, found {}", kDefaultStart, node->scalar));
    }
    return start.value_or(fallback);
  }

  void ReadTests(const YamlNode& list) {
    if (!list.is_list() || list.items.empty()) {
      diagnostics_->Error(list.span, "tests: expected a list of at least one test");
    }
    std::set<std::string> names;
    for (const YamlNode& item : list.items) {
      RuleTest test = ReadTest(item);
      if (!test.name.empty() && !names.insert(test.name).second) {
        diagnostics_->Error(item.span, fmt::format("another test has this name: {}", test.name));
      }
      file_.tests.push_back(std::move(test));
    }
  }

  RuleTest ReadTest(const YamlNode& node) {
    FieldReader reader(node, "a test", diagnostics_);
    RuleTest test;
    test.span = node.span;
    if (const YamlNode* name = reader.Require("name")) {
      test.name = ReadText(*name, "name", diagnostics_).value_or("");
    }
    test.start = ReadStart(&reader, start_);
    test.raise_while_learning = reader.Name("learning", {"hold", "raise"}).value_or(0) == 1;
    test.watchlists = watchlists_;
    if (const YamlNode* watchlists = reader.Find("watchlists")) {
      for (auto& [alias, rows] : ReadWatchlists(*watchlists))
        test.watchlists[alias] = std::move(rows);
    }
    if (const YamlNode* records = reader.Require("records"))
      ReadRecords(*records, &test);
    if (const YamlNode* expect = reader.Require("expect"))
      ReadExpect(*expect, &test);
    reader.Finish(Severity::kError);
    return test;
  }

  Watchlists ReadWatchlists(const YamlNode& map) {
    Watchlists out;
    if (!map.is_map())
      diagnostics_->Error(map.span, "watchlists: expected a map of lists of rows");
    for (const YamlEntry& entry : map.entries) {
      std::vector<Texts>& rows = out[entry.key];
      if (!entry.value.is_list() && !entry.value.is_null())
        diagnostics_->Error(entry.value.span, entry.key + ": expected a list of rows");
      for (const YamlNode& item : entry.value.items)
        rows.push_back(TextsOf(item, entry.key));
    }
    return out;
  }

  void ReadRecords(const YamlNode& list, RuleTest* test) {
    if (!list.is_list() || list.items.empty()) {
      diagnostics_->Error(list.span, "records: expected a list of at least one record");
    }
    for (size_t i = 0; i < list.items.size(); ++i) {
      templates_.Expand(list.items[i], test->start, file_.tests.size() + 1, i + 1, &test->records);
    }
    std::stable_sort(
        test->records.begin(), test->records.end(), [](const TestRecord& a, const TestRecord& b) {
          return a.arrival < b.arrival;
        });
  }

  void ReadExpect(const YamlNode& node, RuleTest* test) {
    if (node.is_scalar() && node.scalar == "none")
      return;
    if (!node.is_list()) {
      diagnostics_->Error(node.span,
                          fmt::format("expect: expected a list of alerts, or none, found "
                                      "{}",
                                      node.is_scalar() ? node.scalar : Describe(node)));
    }
    for (const YamlNode& item : node.items)
      test->alerts.push_back(ReadAlert(item, test->start));
  }

  ExpectedAlert ReadAlert(const YamlNode& node, Ticks start) {
    FieldReader reader(node, "an expected alert", diagnostics_);
    ExpectedAlert alert;
    alert.span = node.span;
    alert.count = reader.Integer("count", 1, 100'000).value_or(1);
    if (std::optional<size_t> which = reader.Name("severity", SeverityNames())) {
      alert.severity = static_cast<AlertSeverity>(*which);
    }
    alert.title = reader.Text("title");
    if (const YamlNode* at = reader.Find("at")) {
      std::optional<Ticks> offset = ReadOffset(*at, "at", diagnostics_);
      if (offset)
        alert.at = start + *offset;
    }
    alert.entities = ReadTexts(&reader, "entities");
    alert.details = ReadTexts(&reader, "details");
    alert.row = ReadTexts(&reader, "row");
    reader.Finish(Severity::kError);
    return alert;
  }

  Texts ReadTexts(FieldReader* reader, std::string_view key) {
    const YamlNode* node = reader->Find(key);
    return node == nullptr ? Texts() : TextsOf(*node, key);
  }

  Texts TextsOf(const YamlNode& node, std::string_view key) {
    Texts out;
    if (!node.is_map()) {
      diagnostics_->Error(node.span,
                          fmt::format("{}: expected a map, found {}", key, Describe(node)));
    }
    for (const YamlEntry& entry : node.entries) {
      if (entry.value.is_null()) {
        out.emplace_back(entry.key, "");
      } else if (auto text = ReadText(entry.value, entry.key, diagnostics_)) {
        out.emplace_back(entry.key, std::move(*text));
      }
    }
    return out;
  }

  Diagnostics* diagnostics_;
  RecordTemplates templates_;
  RuleTestFile file_;
  Watchlists watchlists_;
  Ticks start_ = 0;
};

}  // namespace

RuleTestLoad ParseRuleTests(SourceText source) {
  RuleTestLoad load;
  load.source = std::move(source);
  std::optional<YamlNode> root = ParseYaml(load.source, &load.diagnostics);
  if (!root)
    return load;
  RuleTestFile file = TestFileReader(load.source.name, &load.diagnostics).Read(*root);
  if (!load.diagnostics.has_errors())
    load.file = std::move(file);
  return load;
}

RuleTestLoad LoadRuleTests(const std::string& path) {
  Result<std::string> bytes = ReadTextFile(path);
  if (bytes)
    return ParseRuleTests({path, std::move(*bytes), 1, 0});
  RuleTestLoad load;
  load.source.name = path;
  load.diagnostics.Error({}, bytes.error().message());
  return load;
}

}  // namespace keywatch::rule
