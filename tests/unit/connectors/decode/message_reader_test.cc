// Envelopes, framing, and what a damaged record does to its neighbours: nothing.
#include "connectors/decode/message_reader.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/connectors/decode/decode_fixture.h"

namespace keywatch::decode {
namespace {

std::vector<std::string> Correlations(const Decoded& decoded) {
  std::vector<std::string> ids;
  for (const DecodedRow& row : decoded.rows)
    ids.push_back(row.Text("CorrelationId"));
  return ids;
}

using Ids = std::vector<std::string>;

// One decoder for all: what it learned from the last message must not change the next.
Decoded Decode(const std::string& message) {
  static DecodeRun run;
  return run.Message(message);
}

TEST(MessageReader, ReadsEveryEnvelope) {
  std::string a = VaultRecord(1);
  std::string b = HsmRecord(2);
  Ids both = {"c-1", "h-2"};
  for (const std::string& message : {
           Envelope({a, b}),
           "[" + a + "," + b + "]",
           a + "\n" + b,
           a + "\r\n" + b + "\r\n",
           "\n\n  " + a + "\n \n" + b + "\n\n",
           a + b,
           "\xEF\xBB\xBF" + Envelope({a, b}),
           "\xEF\xBB\xBF" + a + "\r\n" + b,
           a + "\n\xEF\xBB\xBF" + b,
           Envelope({a}) + "\n" + Envelope({b}),
           "[" + Envelope({a}) + "," + Envelope({b}) + "]",
           R"([{"records":[)" + a + "," + b + R"(],"PartitionId":1,"EventEnqueuedUtcTime":"x"}])",
           R"([{"PartitionId":1,"records":[)" + a + "," + b + R"(],"x":{"records":[]}}])",
           R"({"Records" : [ )" + a + " , " + b + " ] }",
           R"({"records":[)" + a + R"(],"records":[)" + b + "]}",
           "[[" + a + "],[[" + b + "]],[]]",
           "{\n  \"records\": [\n" + a + ",\n" + b + "\n]\n}\n",
           "[\n" + a + "\n,\n" + b + "\n]",
       }) {
    Decoded decoded = Decode(message);
    EXPECT_EQ(Correlations(decoded), both) << message;
    EXPECT_TRUE(decoded.rejected.empty()) << message;
  }
}

TEST(MessageReader, ReadsADocumentOverManyLines) {
  std::string record =
      "{\n  \"time\": \"2026-03-01T10:00:00Z\",\n  \"correlationId\":\n    \"c-1\"\n}";
  EXPECT_EQ(Correlations(Decode(record + "\n" + record)), (Ids{"c-1", "c-1"}));
  EXPECT_EQ(Correlations(Decode("[\n" + record + ",\n" + record + "\n]")), (Ids{"c-1", "c-1"}));
}

TEST(MessageReader, NothingComesOutOfNothing) {
  for (const char* message :
       {"", " ", "\n\r\n\t", "\xEF\xBB\xBF", "[]", R"({"records":[]})", "[[],[]]"}) {
    Decoded decoded = Decode(message);
    EXPECT_TRUE(decoded.rows.empty()) << message;
    EXPECT_TRUE(decoded.rejected.empty()) << message;
  }
}

TEST(MessageReader, ValuesThatAreNoObjectsAreRejectedAlone) {
  Decoded decoded = Decode("[1,\"x\",null," + VaultRecord(1) + ",true,-1.5e3]");
  EXPECT_EQ(Correlations(decoded), (Ids{"c-1"}));
  ASSERT_EQ(decoded.rejected.size(), 5U);
  for (const Rejected& rejected : decoded.rejected)
    EXPECT_EQ(rejected.reason, "not_an_object");
  EXPECT_EQ(decoded.rejected[1].bytes, "\"x\"");
  EXPECT_EQ(decoded.rejected[1].position, 3U);
}

TEST(MessageReader, GivesTheReason) {
  auto reason = [](const std::string& message) {
    Decoded decoded = Decode(message);
    return decoded.rejected.size() == 1 && decoded.rows.empty() ? decoded.rejected[0].reason
                                                                : "not exactly one";
  };
  EXPECT_EQ(reason("hello"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z" "a":1})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z",})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":tru})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":01})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":"\x"})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":{"b":[1,]}})"), "not_json");
  EXPECT_EQ(reason(R"({'time':'2026-03-01T10:00:00Z'})"), "not_json");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":[1,2)"), "truncated");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":"b)"), "truncated");
  EXPECT_EQ(reason(R"({"time":"2026-03-01T10:00:00Z","a":)"), "truncated");
  EXPECT_EQ(reason(R"({"time":)"), "truncated");
  EXPECT_EQ(reason("{"), "truncated");
  EXPECT_EQ(reason("{\"time\":\"2026-03-01T10:00:00Z\",\"a\":\"\xFF\"}"), "invalid_utf8");
  EXPECT_EQ(reason("{\"time\":\"2026-03-01T10:00:00Z\",\"a\":\"\xC0\xAF\"}"), "invalid_utf8");
  EXPECT_EQ(reason("{\"time\":\"2026-03-01T10:00:00Z\",\"a\":\"\xED\xA0\x80\"}"), "invalid_utf8");
  EXPECT_EQ(reason(std::string(16, '\0')), "not_json");
}

TEST(MessageReader, DeepNestingIsRefusedNotFollowed) {
  auto nested = [](size_t depth) {
    return R"({"time":"2026-03-01T10:00:00Z","a":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Decode(nested(62)).rows.size(), 1U);
  EXPECT_TRUE(record::ParseJson(nested(62)).has_value());
  Decoded decoded = Decode(Envelope({VaultRecord(1), nested(63), VaultRecord(2)}));
  EXPECT_EQ(Correlations(decoded), (Ids{"c-1", "c-2"}));
  ASSERT_EQ(decoded.rejected.size(), 1U);
  EXPECT_EQ(decoded.rejected[0].reason, "too_deep");
  EXPECT_EQ(Decode(nested(1'000'000)).rejected.size(), 1U);
  EXPECT_GE(Decode(std::string(100'000, '[')).rejected.size(), 1U);
  std::string objects;
  for (int i = 0; i < 100'000; ++i)
    objects += "{\"properties\":";
  EXPECT_GE(Decode(objects).rejected.size(), 1U);
}

TEST(MessageReader, MessagesOverTheLimitAreRefusedWhole) {
  DecodeLimits limits;
  limits.message_bytes = 1200;
  DecodeRun run(WholeLayout(), limits);
  Decoded decoded = run.Messages({Envelope({VaultRecord(), HsmRecord()}), VaultRecord(3)});
  EXPECT_EQ(Correlations(decoded), (Ids{"c-3"}));
  ASSERT_EQ(decoded.rejected.size(), 1U);
  EXPECT_EQ(decoded.rejected[0].reason, "too_long");
}

TEST(MessageReader, AMessageOfOneMegabyteIsRead) {
  std::vector<std::string> records;
  for (int i = 0; i < 1600; ++i)
    records.push_back(VaultRecord(i));
  ASSERT_GT(Envelope(records).size(), size_t{1} << 20);
  EXPECT_EQ(Decode(Envelope(records)).rows.size(), 1600U);
}

// ---- one damaged record among good ones

struct Damage {
  const char* name;
  std::string (*apply)(std::string record, std::mt19937& random);
};

std::string Cut(std::string text, const char* from, const char* to) {
  return Replaced(std::move(text), from, to);
}

const std::vector<Damage>& Damages() {
  static const std::vector<Damage> damages = {
      {"bad literal", [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "tru"); }},
      {"missing colon",
       [](std::string r, std::mt19937&) { return Cut(r, "\"category\":", "\"category\""); }},
      {"missing comma",
       [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\",", "\"AuditEvent\""); }},
      {"bad escape",
       [](std::string r, std::mt19937&) { return Cut(r, "AuditEvent", "Audit\\Event"); }},
      {"short unicode escape",
       [](std::string r, std::mt19937&) { return Cut(r, "AuditEvent", "Audit\\u00"); }},
      {"raw newline in a string",
       [](std::string r, std::mt19937&) { return Cut(r, "AuditEvent", "Audit\nEvent"); }},
      {"raw control in a string",
       [](std::string r, std::mt19937&) {
         return Cut(r,
                    "AuditEvent",
                    "Audit\x01"
                    "Event");
       }},
      {"bad utf-8",
       [](std::string r, std::mt19937&) {
         return Cut(r,
                    "AuditEvent",
                    "Audit\xFF"
                    "Event");
       }},
      {"overlong utf-8",
       [](std::string r, std::mt19937&) { return Cut(r, "AuditEvent", "\xC1\x81"); }},
      {"truncated utf-8",
       [](std::string r, std::mt19937&) { return Cut(r, "AuditEvent\"", "\xE2\x82\""); }},
      {"bad number", [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "-"); }},
      {"leading zero",
       [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "007"); }},
      {"single quotes",
       [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "'AuditEvent'"); }},
      {"bare name",
       [](std::string r, std::mt19937&) { return Cut(r, "\"category\"", "category"); }},
      {"trailing comma", [](std::string r, std::mt19937&) { return r.insert(r.size() - 1, ","); }},
      {"no value", [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", ""); }},
      {"blob text",
       [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "[227 B blob data]"); }},
      {"zero byte",
       [](std::string r, std::mt19937&) {
         return Cut(r, "\"AuditEvent\"", std::string("\0", 1).c_str());
       }},
      {"form feed between",
       [](std::string r, std::mt19937&) { return Cut(r, "\"category\"", "\f\"category\""); }},
      {"garbage behind a string",
       [](std::string r, std::mt19937&) { return Cut(r, "\"AuditEvent\"", "\"AuditEvent\"x"); }},
  };
  return damages;
}

TEST(MessageReader, NeighboursOfADamagedRecordLive) {
  std::mt19937 random(7);
  for (const Damage& damage : Damages()) {
    for (size_t size : {1U, 2U, 3U, 8U}) {
      for (size_t broken = 0; broken < size; ++broken) {
        std::vector<std::string> records;
        Ids expected;
        for (size_t i = 0; i < size; ++i) {
          auto n = static_cast<int>(i);
          records.push_back(i % 2 == 0 ? VaultRecord(n) : HsmRecord(n));
          if (i == broken) {
            records.back() = damage.apply(records.back(), random);
          } else {
            expected.push_back((i % 2 == 0 ? "c-" : "h-") + std::to_string(n));
          }
        }
        std::string lines;
        for (const std::string& record : records)
          lines += record + "\n";
        std::string array = Envelope(records).substr(std::string_view("{\"records\":").size());
        array.pop_back();
        for (const std::string& message : {Envelope(records), array, lines}) {
          Decoded decoded = Decode(message);
          EXPECT_EQ(Correlations(decoded), expected) << damage.name << ", record " << broken << "\n"
                                                     << message;
          ASSERT_FALSE(decoded.rejected.empty()) << damage.name << "\n" << message;
          if (message != lines) {
            EXPECT_EQ(decoded.rejected.size(), 1U) << damage.name;
            EXPECT_EQ(decoded.rejected[0].bytes, records[broken]) << damage.name;
          }
          size_t lost = 0;
          for (const Rejected& rejected : decoded.rejected)
            lost += rejected.bytes.size();
          EXPECT_LE(lost, records[broken].size() + 2);
        }
      }
    }
  }
}

TEST(MessageReader, ALineThatWasCutTakesNoOtherWithIt) {
  std::string whole = VaultRecord(5);
  for (size_t keep = 1; keep < whole.size(); ++keep) {
    std::string message = VaultRecord(1) + "\n" + whole.substr(0, keep) + "\n" + HsmRecord(2) +
                          "\n" + VaultRecord(3) + "\n";
    Decoded decoded = Decode(message);
    EXPECT_EQ(Correlations(decoded), (Ids{"c-1", "h-2", "c-3"})) << keep;
    EXPECT_EQ(decoded.rejected.size(), 1U) << keep;
  }
}

TEST(MessageReader, ALineThatLostItsHeadTakesNoOtherWithIt) {
  std::string whole = HsmRecord(5);
  for (size_t drop = 1; drop < whole.size(); ++drop) {
    std::string message = VaultRecord(1) + "\n" + whole.substr(drop) + "\n" + HsmRecord(2) + "\n";
    Ids ids = Correlations(Decode(message));
    // What is left may by chance be JSON, never a row.
    EXPECT_EQ(ids, (Ids{"c-1", "h-2"})) << drop << message;
  }
}

TEST(MessageReader, ACutMessageGivesTheRecordsBeforeTheCut) {
  std::string message = Envelope({VaultRecord(1), HsmRecord(2), VaultRecord(3)});
  size_t second = message.find(HsmRecord(2));
  size_t third = message.find(VaultRecord(3));
  for (size_t keep = 1; keep < message.size(); ++keep) {
    Decoded decoded = Decode(message.substr(0, keep));
    size_t expected = keep >= third + VaultRecord(3).size()  ? 3
                      : keep >= second + HsmRecord(2).size() ? 2
                      : keep >= message.find(",{\"TenantId") ? 1
                                                             : 0;
    EXPECT_EQ(decoded.rows.size(), expected) << keep;
    EXPECT_FALSE(decoded.rejected.empty()) << keep;
  }
}

TEST(MessageReader, RecordsWithUnbalancedBracketsLoseAtMostThemselves) {
  std::string open_string = Replaced(VaultRecord(2), "\"SecretGet\",", "\"SecretGet,");
  std::string open_object = VaultRecord(2);
  open_object.pop_back();
  std::string closed_twice = VaultRecord(2) + "}";
  std::string wrong_bracket = Replaced(VaultRecord(2), "\"AuditEvent\"", "[}");
  for (const std::string& broken : {open_string, open_object, closed_twice, wrong_bracket}) {
    Decoded decoded = Decode(Envelope({VaultRecord(1), broken, HsmRecord(3), VaultRecord(4)}));
    Ids ids = Correlations(decoded);
    std::set<std::string> found(ids.begin(), ids.end());
    EXPECT_TRUE(found.contains("c-1") && found.contains("h-3") && found.contains("c-4")) << broken;
    EXPECT_FALSE(decoded.rejected.empty()) << broken;
  }
}

TEST(MessageReader, ABrokenMessageIsReadTheSameInSmallBatches) {
  std::vector<std::string> records;
  for (int i = 0; i < 12; ++i) {
    records.push_back(i % 4 == 1 ? Replaced(VaultRecord(i), "\"AuditEvent\"", "tru")
                                 : HsmRecord(i));
  }
  Decoded expected = Decode(Envelope(records));
  ASSERT_EQ(expected.rows.size(), 9U);
  for (size_t rows : {1U, 2U, 5U}) {
    DecodeLimits limits;
    limits.batch_rows = rows;
    DecodeRun run(WholeLayout(), limits);
    Decoded decoded = run.Message(Envelope(records));
    EXPECT_EQ(Correlations(decoded), Correlations(expected));
    ASSERT_EQ(decoded.rejected.size(), expected.rejected.size());
    for (size_t i = 0; i < decoded.rows.size(); ++i) {
      EXPECT_EQ(decoded.rows[i].index, expected.rows[i].index);
    }
  }
}

TEST(MessageReader, HostileMessagesCostLinearTime) {
  std::string opens;
  std::string lines;
  std::string quotes;
  for (int i = 0; i < 200'000; ++i) {
    opens += "{\"x\":[";
    lines += "{\"x\":[\n";
    quotes += "{\"a\":\"\n";
  }
  for (const std::string& message :
       {opens, lines, quotes, "[" + opens, R"({"records":[)" + quotes}) {
    EXPECT_TRUE(Decode(message).rows.empty());
  }
  std::string many = R"({"records":[)";
  for (int i = 0; i < 5000; ++i)
    many += R"({"time":"x","a":{"b":1,)";
  EXPECT_TRUE(Decode(many).rows.empty());
}

TEST(MessageReader, StopsRejectingPieceByPieceAtABound) {
  std::string message;
  for (int i = 0; i < 5000; ++i)
    message += "garbage\n";
  Decoded decoded = Decode(message);
  EXPECT_EQ(decoded.rejected.size(), 1001U);
  size_t bytes = 0;
  for (const Rejected& rejected : decoded.rejected)
    bytes += rejected.bytes.size();
  EXPECT_GE(bytes, message.size() - 1001);
}

}  // namespace
}  // namespace keywatch::decode
