#include "connectors/kafka/client_files.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch::kafka {
namespace {

TEST(ClientFiles, ChangeWithTheFilesThatOnlyANewClientReads) {
  tests::TempDir dir;
  tests::WriteFile(dir.File("ca.pem"), "old");
  tests::WriteFile(dir.File("key_password"), "old");
  tests::WriteFile(dir.File("password"), "old");
  ClientSettings settings;
  settings.properties = {{"ssl.ca.location", Secret(dir.File("ca.pem"))},
                         {"ssl.key.password", *Secret::FromFile(dir.File("key_password"))},
                         {"sasl.password", *Secret::FromFile(dir.File("password"))},
                         {"client.id", Secret("ca.pem")}};
  const std::string before = FileVersions(settings);
  EXPECT_EQ(FileVersions(settings), before);
  tests::WriteFile(dir.File("password"), "newer");  // brought to the running client
  EXPECT_EQ(FileVersions(settings), before);
  tests::WriteFile(dir.File("ca.pem"), "newer");
  const std::string after = FileVersions(settings);
  EXPECT_NE(after, before);
  tests::WriteFile(dir.File("key_password"), "newer");
  EXPECT_NE(FileVersions(settings), after);
  std::filesystem::remove(dir.File("ca.pem"));
  EXPECT_NE(FileVersions(settings).find("ca.pem: none"), std::string::npos);
}

}  // namespace
}  // namespace keywatch::kafka
