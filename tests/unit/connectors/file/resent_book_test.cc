// Dead letters read back, and which of them were delivered since.
#include "connectors/file/resent_book.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "connectors/file/dead_letter_file.h"
#include "connectors/file/dead_letter_reader.h"
#include "engine/alert/alert_json.h"
#include "tests/support/temp_dir.h"

namespace keywatch::file {
namespace {

pipeline::OutgoingAlert AlertOf(char id, const std::string& title) {
  alert::Alert alert;
  alert.id = std::string(32, id);
  alert.rule = {"rule", "A rule", "1", "NRT", std::string(64, 'b')};
  alert.severity = "High";
  alert.title = title;
  return {alert.id, "rule", "High", alert::ToJson(alert), false};
}

std::vector<DeadLetter> ReadAll(const std::string& path, uint64_t* unreadable) {
  std::vector<DeadLetter> out;
  EXPECT_TRUE(ReadDeadLetters(
                  path, [&](const DeadLetter& letter) { out.push_back(letter); }, unreadable)
                  .ok());
  return out;
}

TEST(DeadLetterReader, GivesBackTheBytes) {
  tests::TempDir dir;
  MetricRegistry metrics;
  DeadLetterOptions options;
  options.path = dir.File("dead");
  auto dead = DeadLetterFile::Make(options, &metrics);
  ASSERT_TRUE(dead);
  pipeline::OutgoingAlert alert = AlertOf('a', "quote \" and ,\"alert\":{ inside");
  pipeline::DeadAlert letter;
  letter.alert = &alert;
  letter.sink = "soc";
  letter.reason = "http_4xx";
  letter.detail = "said \"no\", then ,\"alert\":{\"id\":1}";
  ASSERT_TRUE((*dead)->AddAlert(letter).ok());
  pipeline::OutgoingAlert over = alert;
  over.json = alert::EndedJson(alert.json, record::kUnixEpoch);
  letter.alert = &over;
  ASSERT_TRUE((*dead)->AddAlert(letter).ok());
  pipeline::RejectedRecord record{"json", "expected }", "audit/0", 7, 3, "{\"kind\":\"alert\""};
  ASSERT_TRUE((*dead)->AddRecord(record).ok());
  tests::WriteFile(dir.File("dead"), tests::ReadFile(dir.File("dead")) + "{\"kind\":\"al");

  uint64_t unreadable = 0;
  std::vector<DeadLetter> letters = ReadAll(dir.File("dead"), &unreadable);
  EXPECT_EQ(unreadable, 1U);
  ASSERT_EQ(letters.size(), 3U);
  EXPECT_TRUE(letters[0].is_alert);
  EXPECT_EQ(letters[0].alert.json, alert.json);
  EXPECT_EQ(letters[0].alert.id, alert.id);
  EXPECT_EQ(letters[0].alert.rule_id, "rule");
  EXPECT_EQ(letters[0].alert.severity, "High");
  EXPECT_FALSE(letters[0].alert.ended);
  EXPECT_EQ(letters[0].sink, "soc");
  EXPECT_EQ(letters[0].detail, letter.detail);
  EXPECT_EQ(letters[0].title, "quote \" and ,\"alert\":{ inside");
  EXPECT_TRUE(letters[1].alert.ended);
  EXPECT_EQ(letters[1].alert.json, over.json);
  EXPECT_FALSE(letters[2].is_alert);
  EXPECT_EQ(letters[2].origin, "audit/0");
  EXPECT_EQ(letters[2].offset, 7);
  EXPECT_NE(ResentKey(letters[0]), ResentKey(letters[1]));
}

TEST(DeadLetterReader, ReadsTheRotatedPartFirst) {
  tests::TempDir dir;
  tests::WriteFile(dir.File("dead.1"),
                   "{\"kind\":\"record\",\"time\":\"1\",\"reason\":\"json\",\"offset\":1}\n");
  tests::WriteFile(dir.File("dead"),
                   "{\"kind\":\"record\",\"time\":\"2\",\"reason\":\"json\",\"offset\":2}\n");
  uint64_t unreadable = 0;
  std::vector<DeadLetter> letters = ReadAll(dir.File("dead"), &unreadable);
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].time, "1");
  EXPECT_TRUE(ReadAll(dir.File("none"), &unreadable).empty());
}

TEST(ResentBook, RemembersAndForgets) {
  tests::TempDir dir;
  std::string path = dir.File("resent");
  {
    auto book = ResentBook::Open(path, {"a", "b", "c"});
    ASSERT_TRUE(book);
    EXPECT_FALSE((*book)->Has("a"));
    ASSERT_TRUE((*book)->Add("a").ok());
    ASSERT_TRUE((*book)->Add("b").ok());
    EXPECT_TRUE((*book)->Has("a"));
    auto second = ResentBook::Open(path, {});
    ASSERT_FALSE(second) << "one at a time";
    EXPECT_EQ(second.error().code(), StatusCode::kUnavailable);
  }
  EXPECT_EQ(ResentBook::Read(path), (std::set<std::string>{"a", "b"}));
  // The letter of "a" is gone.
  auto book = ResentBook::Open(path, {"b", "c"});
  ASSERT_TRUE(book);
  EXPECT_FALSE((*book)->Has("a"));
  EXPECT_TRUE((*book)->Has("b"));
  ASSERT_TRUE((*book)->Add("c").ok());
  EXPECT_EQ(tests::ReadFile(path), "b\nc\n");
}

}  // namespace
}  // namespace keywatch::file
