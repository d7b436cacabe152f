#include "engine/record/record_identity.h"

#include "engine/record/hash.h"

namespace keywatch::record {

uint64_t HashRecordIdentity(const RecordIdentity& identity) {
  using hash_constants::kA, hash_constants::kB, hash_constants::kC;
  uint64_t hash = FoldedMultiply(identity.resource ^ kA, static_cast<uint64_t>(identity.time) ^ kB);
  hash = FoldedMultiply(hash ^ kA, HashBytes(identity.correlation_id, 0) ^ kB);
  hash = FoldedMultiply(hash ^ kA, HashBytes(identity.operation, 0) ^ kC);
  return FoldedMultiply(hash ^ kC, HashBytes(identity.request_uri, 0) ^ kB);
}

}  // namespace keywatch::record
