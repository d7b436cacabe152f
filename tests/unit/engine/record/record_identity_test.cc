#include "engine/record/record_identity.h"

#include <set>

#include <gtest/gtest.h>

namespace keywatch::record {
namespace {

TEST(RecordIdentity, FieldsDoNotRunIntoEachOther) {
  std::set<uint64_t> ids;
  ids.insert(HashRecordIdentity({1, 2, "ab", "c", "d"}));
  ids.insert(HashRecordIdentity({1, 2, "a", "bc", "d"}));
  ids.insert(HashRecordIdentity({1, 2, "a", "b", "cd"}));
  ids.insert(HashRecordIdentity({1, 2, "", "", ""}));
  ids.insert(HashRecordIdentity({2, 1, "", "", ""}));
  ids.insert(HashRecordIdentity({1, 2, "c", "ab", "d"}));
  EXPECT_EQ(ids.size(), 6U);
}

TEST(RecordIdentity, NeverChanges) {
  EXPECT_EQ(
      HashRecordIdentity({42, 638'000'000'000'000'000, "c-1", "KeyRelease", "https://h/keys/k"}),
      15100864249222163445U);
}

}  // namespace
}  // namespace keywatch::record
