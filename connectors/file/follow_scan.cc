// The part of FileFollow that finds out what became of the files: new, grown, renamed, cut short,
// replaced, gone.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "connectors/file/follow_source.h"
#include "connectors/file/raw_batch.h"
#include "engine/base/log.h"

namespace keywatch::file {

void FileFollow::Scan(bool first) {
  ExpandedPaths expanded = ExpandPaths(options_.paths, false, follow_.max_files);
  Clock::time_point now = Clock::now();
  for (const auto& tracked : tracked_) {
    if (std::exchange(tracked->listed, false))
      tracked->gone_since = now;
  }
  std::vector<FoundFile> added;
  for (const FoundFile& file : expanded.files) {
    auto known = by_inode_.find({file.device, file.inode});
    if (known == by_inode_.end()) {
      added.push_back(file);
    } else {
      known->second->listed = true;
      known->second->finishing = false;
      Refresh(known->second, file);
    }
  }
  // Oldest first, so that a directory of past hours is read in their order.
  std::sort(added.begin(), added.end(), [](const FoundFile& a, const FoundFile& b) {
    return std::tie(a.modified, a.path) < std::tie(b.modified, b.path);
  });
  for (FoundFile& file : added)
    Adopt(std::move(file));
  if (first)
    AdoptRenamed();
  for (const auto& tracked : tracked_) {
    if (!tracked->listed && !tracked->retired)
      RefreshUnlisted(tracked.get());
  }
  RemoveRetired();
  UpdateHealth(expanded);
}

void FileFollow::Adopt(FoundFile found) {
  Result<FileReader> reader = FileReader::Open(found.path);
  // What went away between the listing and here is gone; what cannot be opened now is tried again.
  if (!reader)
    return;
  Result<FoundFile> opened = reader->Stat();
  Result<std::string> head = reader->Head(kIdentityBytes);
  if (!opened || !head || by_inode_.contains({opened->device, opened->inode}))
    return;
  std::optional<KnownPosition> known = book_.Take(*opened, *head);
  if (!known)
    known = TakeOver(*opened, *head);
  Track(std::move(*opened), std::move(*reader), std::move(known));
}

// A file that stands where another one stood and begins like it is that one, written again at
// greater length (as rsync does): reading goes on where it was.
std::optional<KnownPosition> FileFollow::TakeOver(const FoundFile& found, std::string_view head) {
  for (const auto& tracked : tracked_) {
    if (tracked->listed || tracked->key.empty() || tracked->file.path != found.path)
      continue;
    if (MatchIdentity(tracked->identity, tracked->offset, found, head) == 0)
      continue;
    KnownPosition known{std::exchange(tracked->key, ""), tracked->identity, tracked->offset};
    Retire(tracked.get());
    return known;
  }
  return std::nullopt;
}

FileFollow::Tracked* FileFollow::Track(FoundFile found,
                                       FileReader reader,
                                       std::optional<KnownPosition> known) {
  auto tracked = std::make_unique<Tracked>();
  tracked->reader = std::move(reader);
  ++open_files_;
  if (known) {
    tracked->key = std::move(known->key);
    tracked->identity = std::move(known->identity);
    tracked->offset = known->offset;
  }
  tracked->packed = found.packed;
  tracked->changed = Clock::now();
  tracked->pending = HasMore(*tracked, found.size);
  by_inode_[{found.device, found.inode}] = tracked.get();
  tracked->file = std::move(found);
  CloseSurplus(tracked.get());
  tracked_.push_back(std::move(tracked));
  return tracked_.back().get();
}

// Files that were renamed while nobody looked, and that no path leads to any more.
void FileFollow::AdoptRenamed() {
  std::set<std::string> directories;
  std::set<uint64_t> inodes;
  for (const KnownPosition& position : book_.positions()) {
    directories.insert(std::filesystem::path(position.identity.path).parent_path().string());
    inodes.insert(position.identity.inode);
  }
  for (const std::string& directory : directories) {
    for (const FoundFile& file : FindInodes(directory, inodes)) {
      if (by_inode_.contains({file.device, file.inode}))
        continue;
      Result<FileReader> reader = FileReader::Open(file.path);
      if (!reader)
        continue;
      Result<std::string> head = reader->Head(kIdentityBytes);
      std::optional<KnownPosition> known;
      if (head)
        known = book_.Take(file, *head);
      if (!known)
        continue;
      Tracked* tracked = Track(file, std::move(*reader), std::move(known));
      tracked->listed = false;
      tracked->gone_since = Clock::now();
    }
  }
}

// A file that was renamed while it was closed for want of descriptors.
bool FileFollow::FindAgain(Tracked* tracked) {
  std::string directory = std::filesystem::path(tracked->file.path).parent_path().string();
  for (FoundFile& file : FindInodes(directory, {tracked->file.inode})) {
    if (file.device != tracked->file.device)
      continue;
    tracked->file.path = std::move(file.path);
    return EnsureOpen(tracked);
  }
  return false;
}

void FileFollow::Refresh(Tracked* tracked, const FoundFile& seen) {
  bool changed = seen.size != tracked->file.size || seen.modified != tracked->file.modified;
  tracked->file = seen;
  if (changed)
    tracked->changed = Clock::now();
  NoteCut(tracked);
  if (!changed && !tracked->disk_error)
    return;
  const bool was_open = tracked->reader.has_value();
  if (seen.size < (tracked->packed ? tracked->raw : tracked->offset)) {
    Restart(tracked, "a file got shorter");
  } else if (!tracked->key.empty() && EnsureOpen(tracked)) {
    Result<std::string> head = tracked->reader->Head(tracked->identity.prefix_bytes);
    if (head && HashPrefix(*head) != tracked->identity.prefix_hash) {
      Restart(tracked, "a file was overwritten");
    }
  }
  tracked->pending = HasMore(*tracked, seen.size);
  // Opened only to look at its beginning: all that have grown since the last scan come by here
  // before the first of them is read.
  if (!tracked->pending || !was_open)
    CloseSurplus(tracked);
}

// A packed file ends in the middle, and nobody goes on writing it.
void FileFollow::NoteCut(Tracked* tracked) {
  bool left_alone = Clock::now() >= tracked->changed + follow_.rotation_grace;
  if (!tracked->cut || !left_alone || !tracked->problem.empty() || !tracked->reader)
    return;
  bool may_grow = false;
  NoteProblem(tracked, tracked->reader->Damage(&may_grow));
}

void FileFollow::RefreshUnlisted(Tracked* tracked) {
  if (!EnsureOpen(tracked) && !FindAgain(tracked)) {
    if (tracked->disk_error)
      return;
    if (HasMore(*tracked, tracked->file.size)) {
      Log(LogLevel::kError,
          "a file went away before it was read to its end",
          {{"file", tracked->file.path},
           {"read", std::to_string(tracked->offset)},
           {"size", std::to_string(tracked->file.size)}});
      std::lock_guard lock(mutex_);
      ++counts_.lost;
    }
    Retire(tracked);
    return;
  }
  Result<FoundFile> seen = tracked->reader->Stat();
  if (seen)
    Refresh(tracked, *seen);
  if (tracked->pending || Clock::now() < tracked->gone_since + follow_.rotation_grace)
    return;
  if (tracked->finishing) {
    Retire(tracked);
  } else {
    // Once more, for a last line without a line end.
    tracked->finishing = true;
    bool rest = tracked->cut || HasMore(*tracked, tracked->file.size);
    tracked->pending = rest && tracked->problem.empty();
  }
}

void FileFollow::Restart(Tracked* tracked, std::string_view why) {
  Log(LogLevel::kWarning,
      fmt::format("{} and is read from its start; what was not yet read of it before is lost", why),
      {{"file", tracked->file.path}, {"read", std::to_string(tracked->offset)}});
  if (!tracked->key.empty())
    forgotten_[tracked->key] = kForgetPosition;
  tracked->key.clear();
  tracked->offset = tracked->raw = 0;
  tracked->packed = tracked->looked_for_copy = tracked->cut = false;
  tracked->problem.clear();
  tracked->disk_error = false;
  if (tracked->reader)
    tracked->reader->Restart();
  std::lock_guard lock(mutex_);
  ++counts_.truncated;
}

// Ends the tracking of a file, but remembers how far it was read. It is removed by RemoveRetired().
void FileFollow::Retire(Tracked* tracked) {
  if (!tracked->key.empty())
    book_.Add({tracked->key, tracked->identity, tracked->offset});
  tracked->key.clear();
  tracked->pending = false;
  if (tracked->reader)
    --open_files_;
  tracked->reader.reset();
  by_inode_.erase({tracked->file.device, tracked->file.inode});
  tracked->retired = true;
}

void FileFollow::RemoveRetired() {
  std::erase_if(tracked_, [](const auto& tracked) { return tracked->retired; });
  for (const KnownPosition& position : book_.Trim(follow_.max_remembered)) {
    forgotten_[position.key] = kForgetPosition;
  }
}

void FileFollow::UpdateHealth(const ExpandedPaths& expanded) {
  pipeline::SourceHealth health;
  health.assigned = true;
  health.connected = expanded.problems.empty();
  health.lag_records = 0;
  if (!expanded.problems.empty()) {
    health.problem = fmt::format("cannot read {}", expanded.problems.front());
    if (expanded.problems.size() > 1) {
      health.problem += fmt::format(" (and {} more)", expanded.problems.size() - 1);
    }
  }
  for (const auto& tracked : tracked_) {
    if (health.problem.empty())
      health.problem = tracked->problem;
    health.connected = health.connected && !tracked->disk_error;
    if (tracked->pending)
      health.lag_records = -1;
  }
  std::lock_guard lock(mutex_);
  health.gaps = counts_.lost;
  health_ = std::move(health);
}

}  // namespace keywatch::file
