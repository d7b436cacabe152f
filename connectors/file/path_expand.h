// From what the configuration names (files, patterns with * ? [..], directories) to files.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connectors/file/file_identity.h"

namespace keywatch::file {

struct ExpandedPaths {
  std::vector<FoundFile> files;       // by path; no file twice, whatever its names
  std::vector<std::string> problems;  // a path that does not exist or cannot be read, and why
  bool too_many = false;              // there are more files than `max_files`
};

// A directory stands for the regular files in it and below, names beginning with a dot left out.
// Symbolic links to files are followed, those to directories are not. A pattern without a match is
// a problem only if `pattern_must_match`.
ExpandedPaths ExpandPaths(const std::vector<std::string>& paths,
                          bool pattern_must_match,
                          size_t max_files);

// The regular files that lie in `directory` itself and have one of the inodes.
std::vector<FoundFile> FindInodes(const std::string& directory, const std::set<uint64_t>& inodes);

}  // namespace keywatch::file
