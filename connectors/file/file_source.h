// Files as a source of records, in two ways:
//   replay   reads the files from start to end, one after the other by name, and ends;
//   follow   reads what there is, oldest file first, and then what is appended, for ever. A file
//            that is renamed is read to its end, new files of a pattern are picked up, and a file
//            that got shorter is begun anew.
// Files packed with gzip or zstd are read as the text in them; replay also reads standard input
// ("-"), to its end.
//
// A message is a run of whole lines of JSON Lines text, line ends, blank lines and all, or one
// document of a file that is not JSON Lines (file_form.h). Its offset is the byte in the file where
// it begins; at least kBlockPadding bytes behind it may be read. Its origin is the file's path.
// Positions are kept by what file it is, not by its name (file_identity.h), and live only in the
// snapshot: Commit does nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connectors/file/file_reader.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

using pipeline::kForgetPosition;

struct FileSourceOptions {
  std::string name = "file";
  std::vector<std::string> paths;  // files, patterns, directories; "-" for replay
  ReadLimits limits;
};

struct ReplayProgress {
  int64_t bytes = 0;  // of all files, when they were opened
  int64_t bytes_read = 0;
  size_t files = 0;
  size_t files_read = 0;  // to their end
  int64_t bytes_cut = 0;  // of lines beyond the limit, left out
  // Packed files whose text could not be read to its end, and why.
  std::vector<std::string> damaged;
};

// Open fails when a path does not exist or cannot be read, naming all of them.
class ReplaySource : public pipeline::Source {
 public:
  // For the thread that polls.
  [[nodiscard]] virtual ReplayProgress Progress() const = 0;
};

std::unique_ptr<ReplaySource> MakeReplaySource(FileSourceOptions options);

struct FollowOptions {
  std::chrono::milliseconds scan_interval{200};
  // A file that is no longer at any of the paths may still be written to for so long.
  std::chrono::milliseconds rotation_grace{5000};
  size_t max_open_files = 256;
  size_t max_files = 65'536;       // more are not read, and Health says so
  size_t max_remembered = 16'384;  // positions of files that are gone, in case they come back
};

struct FollowCounts {
  uint64_t truncated = 0;  // files that got shorter or were overwritten, and were begun anew
  uint64_t lost = 0;       // files that went away before they were read to their end
  uint64_t cut_lines = 0;  // lines beyond the limit
  uint64_t refused = 0;    // files of a form that cannot be read, or damaged
};

class FollowSource : public pipeline::Source {
 public:
  // From any thread.
  [[nodiscard]] virtual FollowCounts Counts() const = 0;
};

std::unique_ptr<FollowSource> MakeFollowSource(FileSourceOptions options, FollowOptions follow);

}  // namespace keywatch::file
