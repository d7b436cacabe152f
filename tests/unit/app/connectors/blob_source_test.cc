#include "app/connectors/blob_source.h"

#include <gtest/gtest.h>

#include "engine/rule/yaml_node.h"
#include "tests/support/text_match.h"

namespace keywatch::app {
namespace {

using tests::Has;

constexpr char kUrl[] = "account_url: 'https://contoso.blob.core.windows.net', ";

struct Read {
  BlobSourceSettings settings;
  std::string messages;
};

Read ReadSource(const std::string& fields) {
  SourceText source{"k.yaml", "{" + fields + "}\n", 1, 0};
  Diagnostics diagnostics;
  const std::optional<rule::YamlNode> item = rule::ParseYaml(source, &diagnostics);
  EXPECT_TRUE(item);
  Fields reader(*item, "a source", "/", &diagnostics);
  Read read;
  read.settings = ReadBlobSource(&reader);
  reader.Finish();
  read.messages = Format(source, diagnostics);
  return read;
}

TEST(BlobSourceSettings, ReadsEachLogin) {
  for (const char* login : {"account_key: a2V5",
                            "sas_token: 'sv=1&sig=2'",
                            "auth: {type: managed_identity}",
                            "auth: {type: client_secret, tenant_id: t, client_id: c, "
                            "client_secret: s}"}) {
    Read read = ReadSource(kUrl + std::string(login));
    EXPECT_EQ(read.messages, "") << login;
    EXPECT_TRUE(MakeSource("blob", read.settings, {})) << login;
  }
}

TEST(BlobSourceSettings, AsksForOneLogin) {
  EXPECT_TRUE(Has(ReadSource(kUrl + std::string("prefix: a")).messages,
                  "expected one of auth, account_key_file and sas_token_file, found none"));
  EXPECT_TRUE(Has(ReadSource(kUrl + std::string("account_key: a2V5, sas_token: sig=1")).messages,
                  "found several"));
}

TEST(BlobSourceSettings, ReadsARange) {
  Read read = ReadSource(kUrl + std::string("account_key: a2V5, from: 2026-11-01T00:00:00Z, "
                                            "to: '2026-11-08', late_hours: 0"));
  EXPECT_EQ(read.messages, "");
  EXPECT_EQ(read.settings.from, *record::ParseIsoDatetime("2026-11-01T00:00:00Z"));
  EXPECT_EQ(read.settings.to, *record::ParseIsoDatetime("2026-11-08T00:00:00Z"));
  EXPECT_EQ(read.settings.late_hours, 0);
}

TEST(BlobSourceSettings, RefusesWhatCannotWork) {
  struct Case {
    const char* fields;
    const char* says;
  };
  for (const Case& one : std::initializer_list<Case>{
           {"from: yesterday", "from: expected a time such as"},
           {"from: 2026-11-02, to: 2026-11-01", "to: expected a time after from"},
           {"chunk_bytes: 1KiB", "chunk_bytes: expected 64KiB to 64MiB"},
           {"parallel: 0", "parallel"},
           {"poll_interval: 0s", "poll_interval"},
           {"late_hours: 1000", "late_hours"}}) {
    Read read = ReadSource(kUrl + std::string("account_key: a2V5, ") + one.fields);
    EXPECT_TRUE(Has(read.messages, one.says)) << read.messages;
  }
  EXPECT_TRUE(Has(ReadSource("account_url: 'https://c.blob.core.windows.net/logs/x', "
                             "account_key: a2V5")
                      .messages,
                  "account_url: expected the URL of the account alone"));
  EXPECT_TRUE(
      Has(ReadSource("account_url: 'http://c.blob.core.windows.net', account_key: a2V5").messages,
          "https://"));
}

}  // namespace
}  // namespace keywatch::app
