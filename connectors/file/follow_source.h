// Follows files that are appended to, renamed and replaced; see file_source.h.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connectors/file/file_source.h"
#include "connectors/file/path_expand.h"
#include "connectors/file/position_book.h"

namespace keywatch::file {

class FileFollow : public FollowSource {
 public:
  FileFollow(FileSourceOptions options, FollowOptions follow);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  void Commit(const pipeline::Positions&) override {}
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;
  [[nodiscard]] FollowCounts Counts() const override;

 private:
  using Clock = std::chrono::steady_clock;

  struct Tracked {
    FoundFile file;  // as it was when last looked at
    std::optional<FileReader> reader;
    std::string key;  // "" until something was read
    FileIdentity identity;
    int64_t offset = 0;  // of the text
    int64_t raw = 0;     // of a packed file: how many of its own bytes were read
    bool packed = false;
    bool looked_for_copy = false;  // it may be a packed copy of a file that is known
    bool cut = false;              // a packed file ends in the middle, for now
    Clock::time_point changed;     // when it was last seen to
    bool listed = true;            // one of the paths leads to it
    Clock::time_point gone_since;
    bool pending = false;     // there is something to read
    bool finishing = false;   // no longer listed, and long enough so
    bool retired = false;     // to be removed at the end of the scan
    std::string problem;      // it cannot be read; looked at again when it changes
    bool disk_error = false;  // `problem` is of a kind that may pass by itself
  };

  // Looking for files: every scan interval.
  void Scan(bool first);
  void Adopt(FoundFile found);
  void AdoptRenamed();
  std::optional<KnownPosition> TakeOver(const FoundFile& found, std::string_view head);
  bool FindAgain(Tracked* tracked);
  Tracked* Track(FoundFile found, FileReader reader, std::optional<KnownPosition> known);
  void Refresh(Tracked* tracked, const FoundFile& seen);
  void NoteCut(Tracked* tracked);
  void RefreshUnlisted(Tracked* tracked);
  void Restart(Tracked* tracked, std::string_view why);
  void Retire(Tracked* tracked);
  void RemoveRetired();
  void UpdateHealth(const ExpandedPaths& expanded);

  // Of a file of `size` bytes there is more to read.
  static bool HasMore(const Tracked& tracked, int64_t size) {
    return tracked.packed ? size > tracked.raw : size > tracked.offset;
  }

  // Reading.
  bool LookForCopy(Tracked* tracked);
  void NoteDamage(Tracked* tracked);
  bool EnsureOpen(Tracked* tracked);
  std::optional<pipeline::RawBatch> ReadFrom(Tracked* tracked);
  void NoteProgress(Tracked* tracked, const FileRead& read);
  void NoteProblem(Tracked* tracked, const Status& status);
  void CloseSurplus(Tracked* tracked);
  pipeline::RawBatch WithForgotten(pipeline::RawBatch batch);

  FileSourceOptions options_;
  FollowOptions follow_;
  BlockPool pool_;
  std::vector<std::unique_ptr<Tracked>> tracked_;  // in the order found
  std::map<std::pair<uint64_t, uint64_t>, Tracked*> by_inode_;
  PositionBook book_;
  pipeline::Positions forgotten_;  // to go out with the next batch
  std::set<std::string> origins_;  // messages point at them, so that they stay
  size_t open_files_ = 0;
  size_t cursor_ = 0;
  Clock::time_point next_scan_;

  mutable std::mutex mutex_;
  pipeline::SourceHealth health_;  // guarded by mutex_
  FollowCounts counts_;            // guarded by mutex_
};

}  // namespace keywatch::file
