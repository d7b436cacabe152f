#include "connectors/blob/storage_login.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::blob {
namespace {

using tests::Has;

constexpr char kEmulatorKey[] =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

// The request of the documentation's examples.
StorageRequest Documented() {
  StorageRequest request;
  request.query = {{"restype", "container"}, {"comp", "metadata"}, {"timeout", "20"}};
  request.headers = {{"x-ms-version", "2015-02-21"},
                     {"x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"}};
  return request;
}

Ticks Now() { return *record::ParseIsoDatetime("2015-06-26T23:39:12Z"); }

// learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key, "Constructing the
// canonicalized resource string": Get Container Metadata.
TEST(StorageLogin, SignsWhatTheDocumentationSigns) {
  StorageAccount account{"https://myaccount.blob.core.windows.net", "", "myaccount", "mycontainer"};
  EXPECT_EQ(StringToSign(account, Documented()),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n"
            "x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\n"
            "timeout:20");
  // Computed with another implementation of HMAC-SHA256.
  EXPECT_EQ(*SharedKeyAuthorization(account, kEmulatorKey, Documented()),
            "SharedKey myaccount:1u9lui2jDxj0+fpbHjQ5m5NnastJRSYM+PSmfi8TXx4=");
}

TEST(StorageLogin, ThePathOfAnEmulatorHoldsTheAccountTwice) {
  StorageAccount account{"http://127.0.0.1:1", "/dev", "dev", "logs"};
  StorageRequest request = RangeRequest("a=/b.json", 0, 10);
  EXPECT_EQ(StringToSign(account, request),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-range:bytes=0-9\n/dev/dev/logs/a%3D/b.json");
}

TEST(StorageLogin, AKeySignsEachRequestAnew) {
  StorageAccount account{"http://h", "", "acc", "logs"};
  auto login = MakeKeyLogin(Secret(kEmulatorKey), Now);
  Result<SignedRequest> ready = login->Sign(account, ListRequest("", false, ""));
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->headers.at("x-ms-date"), "Fri, 26 Jun 2015 23:39:12 GMT");
  EXPECT_EQ(ready->headers.at("x-ms-version"), kServiceVersion);
  EXPECT_TRUE(ready->headers.at("authorization").starts_with("SharedKey acc:"));
  EXPECT_EQ(ready->target, "/logs?comp=list&restype=container");
  Result<SignedRequest> refused =
      MakeKeyLogin(Secret("not base64!"), Now)->Sign(account, ListRequest("", false, ""));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(Has(refused.error().message(), "az storage account keys list"));
  EXPECT_FALSE(Has(refused.error().message(), "not base64!"));
}

TEST(StorageLogin, ASharedAccessSignatureGoesIntoTheQuery) {
  StorageAccount account{"http://h", "", "acc", "logs"};
  auto ready =
      MakeSasLogin(Secret("?sv=2021&sp=rl&sig=a%2Bb"), Now)->Sign(account, RangeRequest("b", 0, 1));
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->target, "/logs/b?sv=2021&sp=rl&sig=a%2Bb");
  EXPECT_FALSE(ready->headers.contains("authorization"));
  auto refused = MakeSasLogin(Secret("swordfish"), Now)->Sign(account, RangeRequest("b", 0, 1));
  ASSERT_FALSE(refused);
  EXPECT_FALSE(Has(refused.error().message(), "swordfish"));
}

class FakeTokens : public azure::TokenProvider {
 public:
  explicit FakeTokens(std::string* refused) : refused_(refused) {}
  Result<azure::AccessToken> Token() override {
    if (text.empty())
      return Unavailable("no token today");
    return azure::AccessToken{text, 0};
  }
  void Refused(const std::string& token) override { *refused_ = token; }
  void Cancel() override {}
  std::string text = "t0ken";

 private:
  std::string* refused_;
};

TEST(StorageLogin, ATokenIsAskedForEachTime) {
  StorageAccount account{"http://h", "", "acc", "logs"};
  std::string refused;
  auto tokens = std::make_unique<FakeTokens>(&refused);
  FakeTokens* fake = tokens.get();
  auto login = MakeTokenLogin(std::move(tokens), Now);
  Result<SignedRequest> ready = login->Sign(account, RangeRequest("b", 0, 1));
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->headers.at("authorization"), "Bearer t0ken");
  EXPECT_EQ(ready->headers.at("x-ms-version"), kServiceVersion);
  login->Refused(*ready);
  EXPECT_EQ(refused, "t0ken");
  fake->text.clear();
  EXPECT_EQ(login->Sign(account, RangeRequest("b", 0, 1)).error().message(), "no token today");
}

}  // namespace
}  // namespace keywatch::blob
