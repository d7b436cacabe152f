// XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md): a 64-bit checksum against accidents, at
// memory speed. It is no protection against somebody who forges a file.
#pragma once

#include <cstdint>
#include <string_view>

namespace keywatch::state {

uint64_t Checksum64(std::string_view bytes, uint64_t seed = 0);

}  // namespace keywatch::state
