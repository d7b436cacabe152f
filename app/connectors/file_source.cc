#include "app/connectors/file_source.h"

#include "connectors/file/file_source.h"

namespace keywatch::app {

FileSourceSettings ReadFileSource(ConnectorFields* fields) {
  FileSourceSettings file;
  file.paths = fields->RequirePaths("paths");
  SetField(fields->reader().Bool("follow"), &file.follow);
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
