// Large buffers that messages point into, used again when the last message is done with.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace keywatch::file {

// Bytes that may be read behind the end of any message in a block: vector code of a parser reads
// whole registers.
inline constexpr size_t kBlockPadding = 64;

struct Block {
  std::unique_ptr<char[]> data;
  size_t capacity = 0;  // without the padding
};

// Thread-safe; blocks may outlive the pool.
class BlockPool {
 public:
  explicit BlockPool(size_t block_bytes);

  // A block of at least `bytes`. Its contents are left over from earlier use.
  std::shared_ptr<Block> Take(size_t bytes);

 private:
  static constexpr size_t kMaxFree = 4;
  struct Shared {
    std::mutex mutex;
    std::vector<std::unique_ptr<Block>> free;  // guarded by mutex
  };

  size_t block_bytes_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace keywatch::file
