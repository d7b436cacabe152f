#include "connectors/file/block_pool.h"

#include <gtest/gtest.h>

namespace keywatch::file {
namespace {

TEST(BlockPoolTest, ABlockIsUsedAgainOnlyWhenNobodyHoldsIt) {
  BlockPool pool(100);
  std::shared_ptr<Block> first = pool.Take(10);
  std::shared_ptr<const void> owner = first;
  const char* data = first->data.get();
  first.reset();
  std::shared_ptr<Block> second = pool.Take(10);
  EXPECT_NE(second->data.get(), data);
  owner.reset();
  EXPECT_EQ(pool.Take(100)->data.get(), data);
}

TEST(BlockPoolTest, LargerOnesAreMadeForThePurpose) {
  BlockPool pool(100);
  EXPECT_EQ(pool.Take(10)->capacity, 100U);
  EXPECT_EQ(pool.Take(1000)->capacity, 1000U);
  EXPECT_EQ(pool.Take(10)->capacity, 100U);
}

TEST(BlockPoolTest, BlocksOutliveThePool) {
  std::shared_ptr<Block> block;
  {
    BlockPool pool(100);
    block = pool.Take(10);
  }
  block->data[100 + kBlockPadding - 1] = 'x';
}

}  // namespace
}  // namespace keywatch::file
