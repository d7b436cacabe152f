#include "app/connectors/file_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "connectors/file/file_source.h"
#include "connectors/file/path_expand.h"

namespace keywatch::app {
namespace {

constexpr char kStandardInput[] = "-";
constexpr size_t kMostTried = 10'000;  // files

}  // namespace

FileSourceSettings ReadFileSource(Fields* fields) {
  FileSourceSettings file;
  fields->Texts("paths",
                "Files, globs and folders, plain or packed with gzip or zstd; - is standard input.",
                &file.paths,
                Need::kRequired);
  for (std::string& path : file.paths)
    path = path == kStandardInput ? path : ResolvePath(fields->folder(), path);
  bool standard_input = std::count(file.paths.begin(), file.paths.end(), kStandardInput) > 0;
  file.follow = !standard_input;
  fields->Bool(
      "follow",
      "true: read on as files grow and new ones come; false, as always with -: read to the "
      "end once.",
      &file.follow);
  if (standard_input && file.follow) {
    fields->diagnostics()->Error(
        fields->span(),
        "paths: - is standard input, which is read to its end: follow must be false");
  }
  return file;
}

Result<std::unique_ptr<pipeline::Source>> MakeSource(const std::string& name,
                                                     const FileSourceSettings& settings) {
  file::FileSourceOptions options;
  options.name = name;
  options.paths = settings.paths;
  if (settings.follow)
    return std::unique_ptr<pipeline::Source>(file::MakeFollowSource(std::move(options), {}));
  return std::unique_ptr<pipeline::Source>(file::MakeReplaySource(std::move(options)));
}

Attempt TryConnection(const std::string& /*name*/,
                      const FileSourceSettings& settings,
                      std::chrono::milliseconds /*limit*/) {
  if (std::count(settings.paths.begin(), settings.paths.end(), kStandardInput) > 0)
    return Attempt::NotTried("standard input is read by `keywatch run` only");
  const file::ExpandedPaths found =
      file::ExpandPaths(settings.paths, /*pattern_must_match=*/!settings.follow, kMostTried);
  if (!found.problems.empty())
    return Attempt::Failed(found.problems.front());
  for (const file::FoundFile& one : found.files) {
    if (access(one.path.c_str(), R_OK) != 0) {
      return Attempt::Failed(
          fmt::format("{}: {}: let this user read it", one.path, std::strerror(errno)));
    }
  }
  return Attempt::Ok(fmt::format("{}{} file{} to read",
                                 found.files.size(),
                                 found.too_many ? " or more" : "",
                                 found.files.size() == 1 ? "" : "s"));
}

}  // namespace keywatch::app
