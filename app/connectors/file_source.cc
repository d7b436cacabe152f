#include "app/connectors/file_source.h"

#include <algorithm>

#include "connectors/file/file_source.h"

namespace keywatch::app {
namespace {

constexpr char kStandardInput[] = "-";

}  // namespace

FileSourceSettings ReadFileSource(ConnectorFields* fields) {
  FileSourceSettings file;
  for (const std::string& path : fields->RequireTexts("paths"))
    file.paths.push_back(path == kStandardInput ? path : ResolvePath(fields->folder(), path));
  bool standard_input = std::count(file.paths.begin(), file.paths.end(), kStandardInput) > 0;
  file.follow = !standard_input;
  SetField(fields->reader().Bool("follow"), &file.follow);
  if (standard_input && file.follow) {
    fields->diagnostics()->Error(
        fields->item().span,
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

}  // namespace keywatch::app
