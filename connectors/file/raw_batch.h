// From what was read of a file to what the pipeline takes. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "connectors/file/file_reader.h"
#include "engine/pipeline/io.h"
#include "engine/record/time.h"

namespace keywatch::file {

inline pipeline::RawBatch ToRawBatch(FileRead read,
                                     const std::string* origin,
                                     const std::string& key,
                                     record::Ticks read_time) {
  pipeline::RawBatch batch;
  batch.read_time = read_time;
  batch.next[key] = read.next;
  batch.messages.reserve(read.pieces.size());
  for (const Piece& piece : read.pieces) {
    pipeline::RawMessage message;
    message.origin = origin;
    message.offset = read.offset + static_cast<int64_t>(piece.begin);
    message.bytes = std::string_view(read.block->data.get() + piece.begin, piece.size);
    batch.messages.push_back(message);
  }
  batch.owner = std::move(read.block);
  return batch;
}

// The identity of a file by what stands in it up to `read_bytes`, all of which is there to stay.
inline FileIdentity IdentityOf(const FoundFile& file, std::string_view head, int64_t read_bytes) {
  std::string_view prefix =
      head.substr(0, static_cast<size_t>(std::min<int64_t>(read_bytes, kIdentityBytes)));
  return {file.device, file.inode, prefix.size(), HashPrefix(prefix), file.path};
}

}  // namespace keywatch::file
