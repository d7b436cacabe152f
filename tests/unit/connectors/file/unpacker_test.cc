#include "connectors/file/unpacker.h"

#include <gtest/gtest.h>

#include "tests/support/packed.h"

namespace keywatch::file {
namespace {

using tests::Gzip;
using tests::Zstd;

struct Unpacked {
  std::string text;
  std::string damage;
  bool at_boundary = false;
  bool operator==(const Unpacked&) const = default;
};

// Feeds `packed` in pieces of `in` bytes and takes pieces of `out`.
Unpacked Unpack(FileForm form, std::string_view packed, size_t in, size_t out) {
  auto unpacker = Unpacker::Make(form);
  Unpacked outcome;
  std::string room(out, '\0');
  while (true) {
    std::string_view piece = packed.substr(0, in);
    Unpacker::Step step = unpacker->Run(piece, room.data(), room.size());
    outcome.text.append(room.data(), step.given);
    packed.remove_prefix(step.taken);
    outcome.damage = step.damage;
    outcome.at_boundary = unpacker->at_boundary();
    if (!outcome.damage.empty() || (step.taken == 0 && step.given == 0))
      return outcome;
  }
}

std::string Text() {
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += "line " + std::to_string(i * 7919) + "\n";
  return text;
}

TEST(Unpacker, AnyPiecesGiveTheText) {
  for (auto [form, packed] :
       {std::pair{FileForm::kGzip, Gzip(Text())}, std::pair{FileForm::kZstd, Zstd(Text())}}) {
    for (size_t in : {1U, 7U, 1000U, 1000000U}) {
      for (size_t out : {1U, 13U, 4096U, 1000000U}) {
        Unpacked whole{Text(), "", true};
        ASSERT_EQ(Unpack(form, packed, in, out), whole) << in << " " << out;
      }
    }
  }
}

TEST(Unpacker, OneAfterTheOtherIsOneText) {
  EXPECT_EQ(Unpack(FileForm::kGzip, Gzip("a") + Gzip("") + Gzip("bc") + std::string(9, '\0'), 3, 2),
            (Unpacked{"abc", "", true}));
  EXPECT_EQ(Unpack(FileForm::kZstd, Zstd("a") + Zstd("") + Zstd("bc"), 3, 2),
            (Unpacked{"abc", "", true}));
}

TEST(Unpacker, ACutIsSeenAndTheTextBeforeItKept) {
  for (auto [form, packed] :
       {std::pair{FileForm::kGzip, Gzip(Text())}, std::pair{FileForm::kZstd, Zstd(Text())}}) {
    for (size_t left = 1; left < packed.size(); left += 97) {
      Unpacked cut = Unpack(form, packed.substr(0, left), 1000, 1000);
      ASSERT_FALSE(cut.at_boundary) << left;
      ASSERT_EQ(cut.damage, "");
      ASSERT_EQ(cut.text, Text().substr(0, cut.text.size()));
    }
  }
}

TEST(Unpacker, DamageIsSeen) {
  std::string gzip = Gzip(Text());
  gzip[gzip.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(Unpack(FileForm::kGzip, gzip, 1000, 1000),
            (Unpacked{Text(), "the gzip data is damaged", false}));
  EXPECT_EQ(Unpack(FileForm::kGzip, Gzip("a") + "garbage", 1000, 1000).damage,
            "the gzip data is damaged");
  EXPECT_EQ(Unpack(FileForm::kZstd, Zstd("a") + "garbage", 1000, 1000).damage,
            "the zstd data is damaged");
}

}  // namespace
}  // namespace keywatch::file
