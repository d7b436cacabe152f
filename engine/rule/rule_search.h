// Which files below the given paths hold rules, and which hold rule tests.
//
// Of a directory: every *.yaml and *.yml below it, in the order of their names; *.test.yaml and
// *.test.yml are tests, the others rules. Hidden names (`..data` of a Kubernetes volume) are
// and folders `watchlists` are skipped, links are followed, and a file is found once however often
// it is reached.
#pragma once

#include <string>
#include <vector>

namespace keywatch::rule {

struct SearchProblem {
  std::string path;
  std::string message;
};

struct FoundFiles {
  std::vector<std::string> paths;
  std::vector<SearchProblem> problems;  // paths that are not there or cannot be read
};

// A test file named directly is passed over, so that `rules/*.yaml` of a shell can be given.
FoundFiles FindRuleFiles(const std::vector<std::string>& paths);
// A rule file named directly stands for the test file beside it, if there is one.
FoundFiles FindRuleTestFiles(const std::vector<std::string>& paths);

bool IsTestFileName(const std::string& path);
// "a/b.yaml" -> "a/b.test.yaml" and back.
std::string TestFileOf(const std::string& rule_path);
std::string RuleFileOf(const std::string& test_path);

}  // namespace keywatch::rule
