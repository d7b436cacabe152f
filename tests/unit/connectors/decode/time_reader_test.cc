#include "connectors/decode/time_reader.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace keywatch::decode {
namespace {

TEST(TimeReader, AgreesWithTheFullParserOnDamagedTimesToo) {
  std::mt19937 random(11);
  TimeReader reader;
  const std::string bases[] = {"2026-03-01T10:00:00.1234567Z",
                               "2026-03-01T10:00:59.123Z",
                               "2026-03-01T10:01:00Z",
                               "2024-02-29T23:59:59.9999999Z",
                               "2026-03-01T10:00:00.1+02:00",
                               "2026-03-01 10:00:00.5Z"};
  const std::string alphabet = "0123456789:-.TZ +x";
  for (int i = 0; i < 200'000; ++i) {
    std::string text = bases[random() % std::size(bases)];
    for (auto edits = random() % 3; edits > 0; --edits) {
      char c = alphabet[random() % alphabet.size()];
      size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1);
      }
    }
    ASSERT_EQ(reader.Read(text), record::ParseIsoDatetime(text)) << text;
  }
}

TEST(TimeReader, AMinuteOfZeroBytesIsNotRemembered) {
  TimeReader reader;
  EXPECT_EQ(reader.Read(std::string(17, '\0') + "00.1234567Z"), std::nullopt);
}

}  // namespace
}  // namespace keywatch::decode
