#include "connectors/http/content_encoding.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/packed.h"
#include "tests/support/text_match.h"

namespace keywatch::http {
namespace {

using tests::Has;

constexpr size_t kMost = 1 << 20;

std::string Text() {
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += std::to_string(i * 7919 % 10'007) + " ";
  return text;
}

TEST(ContentEncoding, WholeBodiesComeOut) {
  const std::string text = Text();
  EXPECT_EQ(*DecodeContent("", text, kMost), text);
  EXPECT_EQ(*DecodeContent("identity", text, kMost), text);
  EXPECT_EQ(*DecodeContent("gzip", tests::Gzip(text), kMost), text);
  EXPECT_EQ(*DecodeContent("x-gzip", tests::Gzip(""), kMost), "");
  EXPECT_EQ(*DecodeContent("gzip", tests::Gzip("a") + tests::Gzip("b"), kMost), "ab");
  EXPECT_EQ(DecodeContent("gzip", tests::Gzip(std::string(kMost, 'x')), kMost)->size(), kMost);
}

TEST(ContentEncoding, WhateverIsCutOffIsRefused) {
  const std::string packed = tests::Gzip(Text().substr(0, 500));
  for (size_t size = 0; size < packed.size(); ++size) {
    Result<std::string> out = DecodeContent("gzip", packed.substr(0, size), kMost);
    ASSERT_FALSE(out) << size << " of " << packed.size();
    ASSERT_TRUE(Has(out.error().message(), "cut off")) << out.error().message();
    ASSERT_EQ(out.error().code(), StatusCode::kInvalidInput);
  }
  // The second of two members.
  EXPECT_FALSE(DecodeContent("gzip", packed + packed.substr(0, packed.size() - 1), kMost));
}

TEST(ContentEncoding, DamagedAndForeignBodiesAreRefused) {
  std::string packed = tests::Gzip(Text());
  packed[packed.size() - 6] ^= 1;  // in the checksum
  EXPECT_TRUE(Has(DecodeContent("gzip", packed, kMost).error().message(), "expected gzip"));
  EXPECT_TRUE(Has(DecodeContent("gzip", "not gzip", kMost).error().message(), "expected gzip"));
  EXPECT_TRUE(Has(DecodeContent("br", "\xff\xff\xff", kMost).error().message(), "br"));
  EXPECT_TRUE(Has(DecodeContent("br", "", kMost).error().message(), "cut off"));
  EXPECT_FALSE(DecodeContent("zstd", "x", kMost));
}

TEST(ContentEncoding, WhatUnpacksToTooMuchIsABound) {
  for (const std::string& encoding : {std::string("gzip"), std::string("")}) {
    std::string body(kMost + 1, 'x');
    Result<std::string> out =
        DecodeContent(encoding, encoding.empty() ? body : tests::Gzip(body), kMost);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code(), StatusCode::kExhausted);
  }
}

}  // namespace
}  // namespace keywatch::http
