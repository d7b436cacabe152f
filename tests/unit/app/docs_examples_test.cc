// Every YAML example of the docs that speaks of sources or sinks is a configuration that loads.
#include <filesystem>
#include <regex>

#include <gtest/gtest.h>

#include "app/config.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

constexpr char kSource[] = "sources:\n  - {type: file, paths: a}\n";
constexpr char kSink[] = "sinks:\n  - type: console\n";

// The parts between ```yaml and ```.
std::vector<std::string> Examples(const std::string& page) {
  std::vector<std::string> examples;
  const std::string open = "```yaml\n";
  for (size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    examples.push_back(page.substr(at, page.find("```", at) - at));
  }
  return examples;
}

// A text that can stand in a file of this name.
std::string SecretFor(const std::string& name) {
  if (name.ends_with("_url"))
    return "https://chat.example.com/hook";
  if (name.ends_with("routing_key"))
    return std::string(32, 'k');
  return name == "connection_string"
             ? "Endpoint=sb://contoso.servicebus.windows.net/;SharedAccessKeyName=n;"
               "SharedAccessKey=c2VjcmV0"
             : "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0";
}

// Not "resources:".
bool HasSection(const std::string& example, const std::string& name) {
  return ("\n" + example).find("\n" + name + ":") != std::string::npos;
}

// What an example leaves out, and the secret files that it names.
std::string Completed(std::string example, const tests::TempDir& secrets) {
  if (!HasSection(example, "version"))
    example.insert(0, "version: 1\n");
  if (!HasSection(example, "sources"))
    example += kSource;
  if (!HasSection(example, "sinks"))
    example += kSink;
  const std::regex path("/run/secrets/([A-Za-z0-9_.-]+)");
  for (std::sregex_iterator found(example.begin(), example.end(), path), end; found != end; ++found)
    tests::WriteFile(secrets.File((*found)[1].str()), SecretFor((*found)[1].str()));
  return std::regex_replace(example, path, secrets.path() + "/$1");
}

TEST(DocsExamples, EveryConfigurationLoads) {
  tests::TempDir secrets;
  int examples = 0;
  const std::filesystem::path root = KEYWATCH_SOURCE_DIR;
  std::vector<std::filesystem::path> pages = {root / "README.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md")
      pages.push_back(entry.path());
  }
  // What an example names in a folder that comes from the environment.
  tests::WriteFile(secrets.File("eventhubs"), SecretFor("eventhubs"));
  auto environment = [&secrets](std::string_view name) {
    return std::optional<std::string>(name == "CREDENTIALS_DIRECTORY" ? secrets.path() : "x");
  };
  for (const std::filesystem::path& page : pages) {
    for (const std::string& example : Examples(tests::ReadFile(page.string()))) {
      if (!HasSection(example, "sources") && !HasSection(example, "sinks"))
        continue;
      ++examples;
      ConfigLoad load = ParseConfig(
          {page.filename().string(), Completed(example, secrets), 1, 0}, "/", environment);
      EXPECT_TRUE(load.config.has_value()) << page << "\n"
                                           << example << Format(load.source, load.diagnostics);
    }
  }
  EXPECT_GT(examples, 20);
}

}  // namespace
}  // namespace keywatch::app
