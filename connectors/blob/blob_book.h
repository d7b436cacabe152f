// How far each blob was read, what its list says of it, and what stands in the snapshot. Pure.
//
// Kept are the blobs of hours from the mark on; those before are done, and only the mark is left of
// them. In the snapshot:
//
//   mark         the first hour that is not done, in ticks
//   listed       the service's time when everything near the mark was last listed
//   lines/NAME   how many bytes of the blob were handed over
//   docs/NAME    the same, of one that holds JSON documents over several lines
//   check/NAME   a hash of the last bytes before that, by which a blob is known again
//
// A blob's ETag changes with each append, so it does not tell an append from a replacement: the
// bytes before the place where reading goes on do, and a size that shrinks.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/blob/blob_list.h"
#include "connectors/blob/hour_path.h"
#include "engine/pipeline/io.h"

namespace keywatch::blob {

// So many bytes before an offset are compared, or as many as there are.
inline constexpr int64_t kCheckBytes = 64;

// Of the last bytes before an offset; never negative.
int64_t CheckOf(std::string_view last_bytes);

struct BlobState {
  std::shared_ptr<const std::string> origin;  // "container/blob", for messages
  Ticks hour = 0;
  int64_t offset = 0;
  int64_t check = 0;
  bool documents = false;
  std::string read_etag;  // the version that was read as far as it goes; "": none yet
  bool finished = false;  // and its last line counts, or it was given up
  // As last listed:
  int64_t size = 0;
  std::string etag;
};

class BlobBook {
 public:
  using Blobs = std::map<std::string, BlobState>;

  enum class Seen {
    kKnown,    // as it was
    kNew,      // not seen before, and to be read
    kGrown,    // to be read on
    kChanged,  // another version, to be read again from its beginning: documents
    kShrunk,   // shorter than what was read: to be read again from its beginning
    kBehind,   // before the mark, and changed since that was last listed: not read
    kOld,      // before the mark
  };

  BlobBook() = default;
  // Takes up a snapshot; a first start begins at `first_hour`.
  BlobBook(const pipeline::Positions& restored, Ticks first_hour, std::string container);

  [[nodiscard]] Ticks mark() const { return mark_; }
  [[nodiscard]] const Blobs& blobs() const { return blobs_; }
  [[nodiscard]] const BlobState& at(const std::string& name) const { return blobs_.at(name); }

  // What the list says of a blob of `hour`.
  Seen Note(const ListedBlob& listed, Ticks hour);
  // Everything near the mark was listed when it was `service_now`.
  void NoteListed(Ticks service_now);
  // It is not in the list any more. True if something of it had not been read.
  bool NoteGone(const std::string& name);

  // There is something to read, or to compare, in the version that was listed.
  static bool IsPending(const BlobState& blob) { return blob.etag != blob.read_etag; }

  // Bytes before `offset` were handed over.
  void Advance(const std::string& name, int64_t offset, int64_t check, bool documents);
  // The version `etag` was read as far as it goes. `finished`: nothing of it is left to be read
  // when its hour is closed.
  void NoteRead(const std::string& name, const std::string& etag, bool finished);
  // It is not what it was: reading begins anew.
  void Restart(const std::string& name);
  // Hours before `mark` are done.
  void CloseTo(Ticks mark);

  // What has changed in the positions since this was last asked.
  pipeline::Positions TakeChanges() { return std::exchange(changes_, {}); }

 private:
  void Forget(const std::string& name);
  void SetPosition(const std::string& name, const BlobState& blob);
  // A version that was read, or told of, when its hour was done already.
  bool IsKnownVersion(const std::string& name, const std::string& etag);

  std::string container_;
  Ticks mark_ = 0;
  Ticks listed_ = 0;
  Blobs blobs_;
  std::set<uint64_t> known_versions_;  // hashes
  pipeline::Positions changes_;
};

}  // namespace keywatch::blob
