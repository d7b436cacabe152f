#include "connectors/blob/storage_request.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::blob {
namespace {

using tests::Has;

constexpr char kName[] = "resourceId=/SUBSCRIPTIONS/A B/VAULTS/V/y=2026/m=11/PT1H.json";

TEST(StorageRequest, TheAccountStandsInTheHostOrInThePath) {
  auto azure = ParseAccountUrl("https://contoso.blob.core.windows.net/", "", "logs");
  ASSERT_TRUE(azure);
  EXPECT_EQ(*azure,
            (StorageAccount{"https://contoso.blob.core.windows.net", "", "contoso", "logs"}));
  auto emulator = ParseAccountUrl("http://127.0.0.1:10000/devstoreaccount1", "", "logs");
  ASSERT_TRUE(emulator);
  EXPECT_EQ(
      *emulator,
      (StorageAccount{"http://127.0.0.1:10000", "/devstoreaccount1", "devstoreaccount1", "logs"}));
  EXPECT_EQ(ParseAccountUrl("https://logs.example.com", "contoso", "logs")->name, "contoso");
}

TEST(StorageRequest, RefusesWhatIsNotAnAccount) {
  EXPECT_TRUE(
      Has(ParseAccountUrl("https://c.blob.core.windows.net/logs/x", "", "l").error().message(),
          "container has a key"));
  EXPECT_TRUE(
      Has(ParseAccountUrl("https://c.blob.core.windows.net?sv=1", "", "l").error().message(),
          "sas_token_file"));
  EXPECT_FALSE(ParseAccountUrl("contoso", "", "l"));
}

TEST(StorageRequest, NamesAreEncoded) {
  StorageAccount account{"http://h", "/acc", "acc", "logs"};
  EXPECT_EQ(EncodedPath(account, RangeRequest(kName, 0, 1)),
            "/acc/logs/resourceId%3D/SUBSCRIPTIONS/A%20B/VAULTS/V/y%3D2026/m%3D11/PT1H.json");
  EXPECT_EQ(Target(account, ListRequest("a=/b c", true, "m&1"), "sv=1&sig=x%2F"),
            "/acc/logs?comp=list&delimiter=%2F&marker=m%261&prefix=a%3D%2Fb%20c&restype=container"
            "&sv=1&sig=x%2F");
  EXPECT_EQ(Target(account, RangeRequest("b", 0, 1), "sv=1"), "/acc/logs/b?sv=1");
}

TEST(StorageRequest, ARangeNamesItsLastByte) {
  StorageRequest request = RangeRequest(kName, 64, 128);
  EXPECT_EQ(request.headers.at("x-ms-range"), "bytes=64-127");
  EXPECT_EQ(request.most_body, 64U);
}

TEST(StorageRequest, DatesAsHttpHasThem) {
  EXPECT_EQ(HttpDate(*record::ParseIsoDatetime("2015-06-26T23:39:12Z")),
            "Fri, 26 Jun 2015 23:39:12 GMT");
  EXPECT_EQ(HttpDate(*record::ParseIsoDatetime("2026-11-30T00:00:01Z")),
            "Mon, 30 Nov 2026 00:00:01 GMT");
}

}  // namespace
}  // namespace keywatch::blob
