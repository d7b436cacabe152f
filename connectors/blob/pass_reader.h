// Reads what is new in a number of blobs, hour by hour, and hands it over merged.
//
// The blobs of one hour are merged by the time that their records tell, so that event time stays
// nearly in order however many resources there are; an hour is read to its end before the next
// begins. What comes out depends on what stands in the blobs alone, not on which range arrived
// first.
//
// Ranges are read ahead on the lanes, also those of later hours. Memory: `parallel` x `chunk_bytes`
// of ranges, read ahead or being evaluated; more only where the blobs of one hour are so many that
// 64 KiB of each is more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/blob/blob_book.h"
#include "connectors/blob/container_list.h"
#include "connectors/blob/line_stream.h"
#include "connectors/blob/storage_service.h"

namespace keywatch::blob {

struct ReadLimits {
  size_t chunk_bytes = size_t{4} << 20;
  size_t most_bytes = size_t{16} << 20;  // of ranges in memory
  size_t run_bytes = size_t{256} << 10;
  size_t batch_bytes = size_t{1} << 20;
};

// One blob to be read on.
struct ReadItem {
  std::string name;
  bool final = false;  // it will not grow
};

// What became of one blob, if something did.
enum class BlobTrouble {
  kReplaced,    // it is not the one that was read before
  kUnreadable,  // gone, or out of reach for now
};

class PassReader {
 public:
  struct Callbacks {
    std::function<void(pipeline::RawBatch)> deliver;  // may wait; takes the book's changes itself
    std::function<void(const std::string& name, BlobTrouble, const std::string& problem)> trouble;
    std::function<void(const std::string& name, int64_t offset, int64_t bytes)> cut_line;
    std::function<bool()> stopping;
  };

  // `items` by hour, then name. All must outlive the reader; ranges that are under way when it
  // ends do not need it.
  PassReader(const Container& container,
             std::vector<ReadItem> items,
             const ReadLimits& limits,
             BlobBook* book,
             Lanes* lanes,
             Callbacks callbacks);
  ~PassReader();

  // A failure that is not of one blob ends it; so does stopping. What was handed over counts.
  std::optional<StorageFailure> Run();

 private:
  struct Answer {
    std::shared_ptr<const Chunk> chunk;  // null: `failure`, or shorter than it was listed
    std::optional<StorageFailure> failure;
  };
  // What the jobs on the lanes share with the reader, which may be gone before them.
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::pair<size_t, int64_t>, Answer> answers;  // by item and range's begin
  };
  struct Stream {
    ReadItem item;
    std::string etag;  // the version that was listed
    LineStream lines;
    Ticks hour = 0;
    std::vector<int64_t> asked;  // begins of the ranges that were asked for, in order
    bool touched = false;        // by the batch that is being filled
    bool over = false;           // nothing more comes of it
    int64_t cut_told = 0;
  };

  std::optional<StorageFailure> ReadGroup(size_t begin, size_t end);
  // Until it has a line, or is over.
  std::optional<StorageFailure> Fill(size_t index);
  void Ask(size_t index);
  void AskAhead(size_t begin, size_t end);
  [[nodiscard]] size_t RangeBytes(size_t group_size) const;
  Answer Await(size_t index, int64_t begin);
  void Finish(size_t index);
  void Add(size_t index, LineRun run);
  void Flush();

  const Container& container_;
  const ReadLimits limits_;
  BlobBook* const book_;
  Lanes* const lanes_;
  const Callbacks callbacks_;
  std::vector<Stream> streams_;
  std::vector<size_t> group_of_;  // how many blobs its hour has, by stream
  size_t ahead_ = 0;              // streams before this one have been asked for something
  bool room_made_ = false;        // a range was taken since ranges were last asked for ahead
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  // Bytes of ranges that are asked for or held by anybody.
  std::shared_ptr<std::atomic<int64_t>> live_bytes_ = std::make_shared<std::atomic<int64_t>>(0);

  // The batch that is being filled.
  struct Owner;
  pipeline::RawBatch batch_;
  std::shared_ptr<Owner> owner_;
  size_t batch_bytes_ = 0;
  std::vector<size_t> touched_;
};

}  // namespace keywatch::blob
