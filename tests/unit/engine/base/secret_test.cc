#include "engine/base/secret.h"

#include <chrono>
#include <filesystem>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace keywatch {
namespace {

TEST(Secret, IsNotShown) {
  Secret secret("swordfish");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(fmt::format("{}", secret), "***");
  EXPECT_EQ(secret.Reveal(), "swordfish");
  EXPECT_TRUE(Secret().empty());
}

TEST(Secret, OfAFileFollowsTheFile) {
  tests::TempDir folder;
  std::string path = folder.File("password");
  tests::WriteFile(path, " old\n");
  Result<Secret> secret = Secret::FromFile(path);
  ASSERT_TRUE(secret);
  EXPECT_FALSE(secret->empty());
  Secret copy = *secret;
  EXPECT_EQ(copy.Reveal(), "old");
  // As Kubernetes does it: another file under the same name.
  tests::WriteFile(folder.File("next"), "new\n");
  std::filesystem::rename(folder.File("next"), path);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(copy.Reveal(), "new");
  EXPECT_EQ(secret->Reveal(), "new");
  std::filesystem::remove(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(secret->Reveal(), "new") << "the last one, while there is none";
}

TEST(Secret, RefusesWhatIsNone) {
  tests::TempDir folder;
  Result<Secret> missing = Secret::FromFile(folder.File("none"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("none: No such file"), std::string::npos);
  tests::WriteFile(folder.File("empty"), " \n");
  EXPECT_FALSE(Secret::FromFile(folder.File("empty")));
  EXPECT_FALSE(Secret::FromFile(folder.path()));
}

}  // namespace
}  // namespace keywatch
