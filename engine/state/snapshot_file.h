// Snapshots on disk: a few named sections of bytes that come back whole or not at all.
//
// A data directory holds the newest few as `snapshot-<sequence>`, sequence in 12 digits. One is
// written under a `.tmp` name, fsynced, renamed, and the directory fsynced, so that a crash at any
// point leaves the ones before as they were. Every byte is covered by a checksum; a file that does
// not match is set aside as `snapshot-<sequence>.damaged`, named with what was found, and the one
// before it is used. Format: docs/formats/snapshot.md.
//
// What the sections hold is the business of whoever writes them. One process at a time may write
// into a directory; calls come from one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/state/snapshot_format.h"

namespace keywatch::state {

// Writes the next snapshot into `dir` (made if it is missing) and deletes all but the newest `keep`
// (at least 1). Returns its sequence.
// kUnavailable when the disk is full or does not work: nothing is left behind, what was there
// stays, and the caller tries again later. Costs one checksum and one write of every byte, and two
// fsyncs.
Result<uint64_t> WriteSnapshot(const std::string& dir,
                               const std::vector<SectionView>& sections,
                               int keep);

struct DamagedSnapshot {
  std::string file;    // the path where it now lies
  std::string reason;  // what was expected, what was found
};

struct LatestSnapshot {
  std::optional<Snapshot> snapshot;      // none: the directory has never held one
  std::string file;                      // its path
  std::vector<DamagedSnapshot> damaged;  // newer ones that could not be used
};

// The newest snapshot that is sound.
// kDataLoss when there are snapshots but none is sound (the message names them all): going on from
// nothing would forget state in silence, so that is for the operator to decide. kInvalidInput when
// the newest sound one is of a newer version. kUnavailable when the directory cannot be read.
Result<LatestSnapshot> ReadLatestSnapshot(const std::string& dir);

}  // namespace keywatch::state
