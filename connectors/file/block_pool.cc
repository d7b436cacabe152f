#include "connectors/file/block_pool.h"

#include <algorithm>
#include <utility>

namespace keywatch::file {

BlockPool::BlockPool(size_t block_bytes)
    : block_bytes_(block_bytes), shared_(std::make_shared<Shared>()) {}

std::shared_ptr<Block> BlockPool::Take(size_t bytes) {
  std::unique_ptr<Block> block;
  if (bytes <= block_bytes_) {
    std::lock_guard lock(shared_->mutex);
    if (!shared_->free.empty()) {
      block = std::move(shared_->free.back());
      shared_->free.pop_back();
    }
  }
  if (block == nullptr) {
    block = std::make_unique<Block>();
    block->capacity = std::max(bytes, block_bytes_);
    block->data = std::make_unique<char[]>(block->capacity + kBlockPadding);
  }
  // Larger ones are rare and go back to the system.
  auto give_back = [shared = shared_, keep = block_bytes_](Block* used) {
    std::unique_ptr<Block> owned(used);
    if (owned->capacity != keep)
      return;
    std::lock_guard lock(shared->mutex);
    if (shared->free.size() < kMaxFree)
      shared->free.push_back(std::move(owned));
  };
  return {block.release(), std::move(give_back)};
}

}  // namespace keywatch::file
