#include "engine/rule/rule_search.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace keywatch::rule {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWatchlistFolder = "watchlists";  // no rules in there
constexpr int kMaxFolderDepth = 32;

bool IsYamlName(const std::string& name) {
  return name.ends_with(".yaml") || name.ends_with(".yml");
}

class Search {
 public:
  explicit Search(bool tests) : tests_(tests) {}

  void Visit(const fs::path& path, int depth) {
    std::error_code error;
    fs::path real = fs::canonical(path, error);
    if (error) {
      Report(path, error);
      return;
    }
    // The real path, so that links that lead round in a circle end.
    if (!seen_.insert(real).second)
      return;
    if (depth > kMaxFolderDepth) {
      Report(path, std::make_error_code(std::errc::filename_too_long));
      return;
    }
    if (fs::is_directory(real, error)) {
      VisitDirectory(path, depth);
    } else {
      found_.paths.push_back(path.string());
    }
  }

  FoundFiles Take() { return std::move(found_); }

 private:
  void Report(const fs::path& path, const std::error_code& error) {
    found_.problems.push_back(
        {path.string(), fmt::format("cannot read {}: {}", path.string(), error.message())});
  }

  void VisitDirectory(const fs::path& path, int depth) {
    std::error_code error;
    std::vector<fs::path> names;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      std::string name = entry->path().filename().string();
      if (name.starts_with('.'))
        continue;
      std::error_code ignored;
      bool is_wanted = IsYamlName(name) && IsTestFileName(name) == tests_;
      bool is_folder = fs::is_directory(entry->path(), ignored) && name != kWatchlistFolder;
      if (is_wanted || is_folder)
        names.push_back(entry->path());
    }
    if (error)
      Report(path, error);
    std::sort(names.begin(), names.end());
    for (const fs::path& name : names)
      Visit(name, depth + 1);
  }

  bool tests_;
  std::set<fs::path> seen_;
  FoundFiles found_;
};

}  // namespace

bool IsTestFileName(const std::string& path) {
  return path.ends_with(".test.yaml") || path.ends_with(".test.yml");
}

std::string TestFileOf(const std::string& rule_path) {
  size_t dot = rule_path.rfind('.');
  return dot == std::string::npos ? rule_path
                                  : rule_path.substr(0, dot) + ".test" + rule_path.substr(dot);
}

std::string RuleFileOf(const std::string& test_path) {
  size_t dot = test_path.rfind(".test.");
  return dot == std::string::npos ? test_path
                                  : test_path.substr(0, dot) + test_path.substr(dot + 5);
}

FoundFiles FindRuleFiles(const std::vector<std::string>& paths) {
  Search search(/*tests=*/false);
  for (const std::string& path : paths) {
    if (!IsTestFileName(path))
      search.Visit(path, 0);
  }
  return search.Take();
}

FoundFiles FindRuleTestFiles(const std::vector<std::string>& paths) {
  Search search(/*tests=*/true);
  for (const std::string& path : paths) {
    std::error_code error;
    bool is_rule = fs::is_regular_file(path, error) && !IsTestFileName(path);
    if (!is_rule) {
      search.Visit(path, 0);
    } else if (std::string test = TestFileOf(path); fs::exists(test, error)) {
      search.Visit(test, 0);
    }
  }
  return search.Take();
}

}  // namespace keywatch::rule
