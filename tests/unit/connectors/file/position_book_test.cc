#include "connectors/file/position_book.h"

#include <gtest/gtest.h>

namespace keywatch::file {
namespace {

TEST(PositionBookTest, TakesTheSurestOfSeveral) {
  std::string head(1024, 'x');
  FileIdentity by_path{1, 7, 1024, HashPrefix(head), "/log"};
  FileIdentity by_inode{1, 5, 1024, HashPrefix(head), "/other"};
  FileIdentity replaced{1, 5, 1024, HashPrefix("y"), "/log"};
  PositionBook book({{FormatKey(by_path), 900},
                     {FormatKey(by_inode), 100},
                     {FormatKey(replaced), 50},
                     {"topic/1", 7},
                     {"file:1:5:0:0:/gone", -1}});
  EXPECT_EQ(book.positions().size(), 3U);
  FoundFile found{"/log", 1, 5, 1000, 0};
  EXPECT_EQ(book.Take(found, head)->offset, 100);
  EXPECT_EQ(book.Take(found, head)->offset, 900);
  EXPECT_FALSE(book.Take(found, head).has_value());
}

TEST(PositionBookTest, TrimsTheOldest) {
  PositionBook book;
  for (int i = 0; i < 5; ++i)
    book.Add({std::to_string(i), {}, i});
  std::vector<KnownPosition> trimmed = book.Trim(3);
  ASSERT_EQ(trimmed.size(), 2U);
  EXPECT_EQ(trimmed[1].key, "1");
  EXPECT_EQ(book.positions().size(), 3U);
}

}  // namespace
}  // namespace keywatch::file
