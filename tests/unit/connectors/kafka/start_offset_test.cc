#include "connectors/kafka/start_offset.h"

#include <optional>

#include <gtest/gtest.h>

namespace keywatch::kafka {
namespace {

struct OffsetCase {
  const char* what;
  StartInput input;
  std::optional<int64_t> start;
};

TEST(StartOffset, Table) {
  const std::optional<int64_t> none;
  const OffsetCase cases[] = {
      {"nothing known", {none, none, none}, none},
      {"a group that has read before", {none, none, 40}, 40},
      {"the snapshot is older than the commit", {30, none, 40}, 30},
      {"the commit was lost", {30, none, 20}, 30},
      {"never committed", {30, none, none}, 30},
      {"back from another member that read on", {30, 50, 70}, 70},
      {"back from a member that committed nothing", {30, 50, 45}, 50},
      {"back, and nothing was ever committed", {none, 50, none}, 50},
  };
  for (const OffsetCase& c : cases) {
    EXPECT_EQ(StartOffset(c.input), c.start) << c.what;
  }
}

}  // namespace
}  // namespace keywatch::kafka
