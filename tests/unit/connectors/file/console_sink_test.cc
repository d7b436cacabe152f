#include "connectors/file/console_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace keywatch::file {
namespace {

pipeline::OutgoingAlert Example() {
  return {"0011",
          "rule-id",
          "High",
          R"({"id":"0011","rule":{"id":"rule-id","name":"Repeated 403s"},"title":"403s by ada",)"
          R"("lastEvent":"2026-11-24T10:00:00.1234567Z","entities":[)"
          R"({"type":"Account","identifiers":{"Name":"ada","UPNSuffix":"example.com"}},)"
          R"({"type":"IP","identifiers":{"Address":"203.0.113.7"}}]})"};
}

TEST(ConsoleSinkTest, OneLineForPeople) {
  EXPECT_EQ(ConsoleLine(Example(), false),
            "2026-11-24T10:00:00Z High          Repeated 403s: 403s by ada  Account=ada "
            "IP=203.0.113.7");
  std::string coloured = ConsoleLine(Example(), true);
  EXPECT_NE(coloured.find("\x1b[1;31mHigh"), std::string::npos);
  EXPECT_NE(coloured.find("\x1b[0m"), std::string::npos);
}

// What a caller puts into a record must not reach the terminal as a command or a line of its own.
TEST(ConsoleSinkTest, ControlCharactersAreShown) {
  pipeline::OutgoingAlert alert = Example();
  alert.json = R"({"rule":{"name":"r"},"title":"a\u001b[2J\nb\u009bc\u007f","lastEvent":"x"})";
  EXPECT_EQ(ConsoleLine(alert, false), "- High          r: a\\x1b[2J\\x0ab\\x9bc\\x7f");
}

TEST(ConsoleSinkTest, LongTextIsCut) {
  pipeline::OutgoingAlert alert = Example();
  alert.json = R"({"rule":{"name":"r"},"title":")" + std::string(10'000, 'x') + R"("})";
  EXPECT_LT(ConsoleLine(alert, false).size(), 200U);
}

TEST(ConsoleSinkTest, TextThatIsNoAlertStillNamesIt) {
  pipeline::OutgoingAlert alert = Example();
  for (const char* json : {"", "nonsense", "[]", "1"}) {
    alert.json = json;
    EXPECT_EQ(ConsoleLine(alert, false), "alert 0011 of rule rule-id");
  }
  alert.json = "{}";
  EXPECT_FALSE(ConsoleLine(alert, false).empty());
}

TEST(ConsoleSinkTest, WritesWithoutColourToAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ConsoleSink sink("console", ends[1]);
  EXPECT_EQ(sink.Deliver(Example()).outcome, pipeline::DeliveryOutcome::kAccepted);
  char block[1000];
  ssize_t n = read(ends[0], block, sizeof block);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string(block, static_cast<size_t>(n)), ConsoleLine(Example(), false) + "\n");
  close(ends[0]);
  close(ends[1]);
}

// A reader that stopped reading costs a bounded wait, not the worker.
TEST(ConsoleSinkTest, AStuckReaderIsRetried) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  std::string block(4096, 'x');
  while (write(ends[1], block.data(), block.size()) > 0) {
  }
  ConsoleSink sink("console", ends[1]);
  EXPECT_EQ(sink.Deliver(Example()).outcome, pipeline::DeliveryOutcome::kRetry);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace keywatch::file
