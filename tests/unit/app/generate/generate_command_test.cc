#include "app/generate/generate_command.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch::generate {
namespace {

using tests::ReadFile;
using tests::TempDir;

int RunLine(const std::string& line) {
  CLI::App app;
  GenerateArguments arguments;
  CLI::App* command = AddGenerateCommand(&app, &arguments);
  app.parse(line);
  EXPECT_TRUE(command->parsed());
  return RunGenerate(arguments);
}

size_t CountLines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(GenerateCommandTest, WritesRecordsAndLabels) {
  TempDir dir;
  std::string line = "generate --seed 3 --records 500 --history-days 1 --output " +
                     dir.File("out") + " --labels " + dir.File("labels");
  EXPECT_EQ(RunLine(line), 0);
  EXPECT_GT(CountLines(ReadFile(dir.File("out"))), 1500U);
  EXPECT_EQ(CountLines(ReadFile(dir.File("labels"))), 14U);
  std::string first = ReadFile(dir.File("out"));
  EXPECT_EQ(RunLine(line), 0);
  EXPECT_EQ(ReadFile(dir.File("out")), first);
  EXPECT_EQ(RunLine(line + " --format eventhub"), 0);
  EXPECT_EQ(ReadFile(dir.File("out")).substr(0, 12), "{\"records\":[");
}

TEST(GenerateCommandTest, ExitCodesSayWhoseFaultItIs) {
  TempDir dir;
  EXPECT_EQ(RunLine("generate --start yesterday -o " + dir.File("out")), 2);
  EXPECT_EQ(RunLine("generate --days 0 -o " + dir.File("out")), 2);
  EXPECT_EQ(RunLine("generate --records 10 -o /dev/full"), 4);
  EXPECT_EQ(RunLine("generate --records 10 -o /nonexistent/out"), 4);
}

TEST(GenerateCommandTest, UnknownFormatsAreRefused) {
  CLI::App app;
  GenerateArguments arguments;
  AddGenerateCommand(&app, &arguments);
  EXPECT_THROW(app.parse("generate --format xml"), CLI::ValidationError);
}

}  // namespace
}  // namespace keywatch::generate
