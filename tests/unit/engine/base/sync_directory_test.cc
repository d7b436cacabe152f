#include "engine/base/sync_directory.h"

#include <gtest/gtest.h>

namespace keywatch {
namespace {

TEST(SyncDirectory, NamesTheFolderThatItCannotOpen) {
  EXPECT_TRUE(SyncDirectory("").ok());
  EXPECT_TRUE(SyncDirectory("/tmp").ok());
  Status missing = SyncDirectory("/nowhere/at/all");
  EXPECT_EQ(missing.code(), StatusCode::kUnavailable);
  EXPECT_EQ(missing.message(), "cannot open the folder /nowhere/at/all: No such file or directory");
}

}  // namespace
}  // namespace keywatch
