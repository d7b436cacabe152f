// Memory for texts that live as long as one batch: unescaped strings, canonical addresses.
//
// Chunks are kept from batch to batch, so that the steady state allocates nothing.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace keywatch::decode {

class Arena {
 public:
  std::string_view Copy(std::string_view text) {
    if (text.empty())
      return {};
    if (chunks_.empty() || used_ + text.size() > chunks_[current_].size)
      NextChunk(text.size());
    char* at = chunks_[current_].bytes.get() + used_;
    std::memcpy(at, text.data(), text.size());
    used_ += text.size();
    return {at, text.size()};
  }

  // Ends the life of every text. Gives back what an unusual batch took.
  void Reset() {
    if (chunks_.size() > kKept)
      chunks_.resize(kKept);
    std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > kChunk; });
    current_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t kChunk = size_t{256} << 10;
  static constexpr size_t kKept = 16;
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };

  void NextChunk(size_t needed) {
    used_ = 0;
    if (!chunks_.empty() && current_ + 1 < chunks_.size() && chunks_[current_ + 1].size >= needed) {
      ++current_;
      return;
    }
    size_t size = std::max(kChunk, needed);
    chunks_.push_back({std::make_unique<char[]>(size), size});
    current_ = chunks_.size() - 1;
  }

  std::vector<Chunk> chunks_;
  size_t current_ = 0;
  size_t used_ = 0;
};

}  // namespace keywatch::decode
