#include "connectors/file/path_expand.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keywatch::file {

namespace {

constexpr int kMaxDepth = 32;

std::string ErrnoText(int error) { return std::strerror(error); }  // NOLINT(concurrency-mt-unsafe)

FoundFile Described(const std::string& path, const struct stat& info) {
  return {path,
          info.st_dev,
          info.st_ino,
          info.st_size,
          info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec,
          /*packed=*/false};
}

class Expander {
 public:
  Expander(bool pattern_must_match, size_t max_files)
      : pattern_must_match_(pattern_must_match), max_files_(max_files) {}

  void Add(const std::string& path) {
    if (path == "-") {
      AddStandardInput();
    } else if (path.find_first_of("*?[") != std::string::npos &&
               ::access(path.c_str(), F_OK) != 0) {
      AddPattern(path);
    } else {
      AddPath(path);
    }
  }

  ExpandedPaths Finish() {
    std::sort(out_.files.begin(), out_.files.end(), [](const FoundFile& a, const FoundFile& b) {
      return a.path < b.path;
    });
    std::set<std::pair<uint64_t, uint64_t>> seen;
    std::erase_if(out_.files, [&seen](const FoundFile& file) {
      return !seen.emplace(file.device, file.inode).second;
    });
    return std::move(out_);
  }

 private:
  void AddPattern(const std::string& pattern) {
    glob_t found{};
    int result = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
    if (result == 0) {
      for (size_t i = 0; i < found.gl_pathc; ++i)
        AddPath(found.gl_pathv[i]);
    } else if (result != GLOB_NOMATCH) {
      out_.problems.push_back(fmt::format("{}: the pattern cannot be followed", pattern));
    } else if (pattern_must_match_) {
      out_.problems.push_back(fmt::format("{}: no file matches the pattern", pattern));
    }
    ::globfree(&found);
  }

  // A pipe, a terminal or a file.
  void AddStandardInput() {
    struct stat info {};
    if (::fstat(STDIN_FILENO, &info) != 0) {
      out_.problems.push_back(fmt::format("standard input: {}", ErrnoText(errno)));
    } else {
      out_.files.push_back(Described("-", info));
    }
  }

  void AddPath(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
      out_.problems.push_back(fmt::format("{}: {}", path, ErrnoText(errno)));
    } else if (S_ISDIR(info.st_mode)) {
      AddDirectory(path);
    } else if (!S_ISREG(info.st_mode)) {
      out_.problems.push_back(fmt::format("{}: expected a file or a directory", path));
    } else if (::access(path.c_str(), R_OK) != 0) {
      out_.problems.push_back(fmt::format("{}: {}", path, ErrnoText(errno)));
    } else if (out_.files.size() >= max_files_) {
      if (!out_.too_many) {
        out_.problems.push_back(
            fmt::format("{}: not read, because there are more than {} files", path, max_files_));
      }
      out_.too_many = true;
    } else {
      out_.files.push_back(Described(path, info));
    }
  }

  void AddDirectory(const std::string& path) {
    std::error_code error;
    std::filesystem::recursive_directory_iterator entry(path, error);
    for (; !error && entry != std::filesystem::recursive_directory_iterator();
         entry.increment(error)) {
      bool hidden = entry->path().filename().string().starts_with('.');
      std::error_code gone;  // between the listing and the look at it: not our concern
      if (entry->is_directory(gone)) {
        if (hidden || entry.depth() >= kMaxDepth)
          entry.disable_recursion_pending();
      } else if (!hidden && entry->is_regular_file(gone)) {
        AddPath(entry->path().string());
      }
    }
    if (error)
      out_.problems.push_back(fmt::format("{}: {}", path, error.message()));
  }

  bool pattern_must_match_;
  size_t max_files_;
  ExpandedPaths out_;
};

}  // namespace

ExpandedPaths ExpandPaths(const std::vector<std::string>& paths,
                          bool pattern_must_match,
                          size_t max_files) {
  Expander expander(pattern_must_match, max_files);
  for (const std::string& path : paths)
    expander.Add(path);
  return expander.Finish();
}

std::vector<FoundFile> FindInodes(const std::string& directory, const std::set<uint64_t>& inodes) {
  std::vector<FoundFile> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory.empty() ? "." : directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    struct stat info {};
    std::string path = entry->path().string();
    if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && inodes.contains(info.st_ino)) {
      found.push_back(Described(path, info));
    }
  }
  return found;
}

}  // namespace keywatch::file
