// tests/config/: what is said of configurations with mistakes, all of them at once.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "app/config.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

std::optional<std::string> Environment(std::string_view name) {
  return name == "NAME" ? std::optional<std::string>("A swordfish") : std::nullopt;
}

TEST(ConfigCases, EveryMistakeIsSaidWithItsPlace) {
  const std::filesystem::path folder = std::filesystem::path(KEYWATCH_SOURCE_DIR) / "tests/config";
  const bool update = std::getenv("KEYWATCH_UPDATE_GOLDEN") != nullptr;
  size_t cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml")
      continue;
    ++cases;
    const std::string name = entry.path().filename().string();
    const ConfigLoad load =
        ParseConfig({name, tests::ReadFile(entry.path().string()), 1, 0}, "/etc/kw", Environment);
    const std::string said = Format(load.source, load.diagnostics);
    std::filesystem::path golden = entry.path();
    golden.replace_extension(".txt");
    if (update)
      std::ofstream(golden) << said;
    EXPECT_EQ(said, tests::ReadFile(golden.string())) << name;
    EXPECT_FALSE(load.config.has_value()) << name;
    EXPECT_EQ(said.find("swordfish"), std::string::npos) << "a secret is shown\n" << said;
  }
  EXPECT_GE(cases, 10U);
}

}  // namespace
}  // namespace keywatch::app
