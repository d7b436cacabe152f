#include "connectors/file/file_source.h"

#include <utility>

#include "connectors/file/follow_source.h"
#include "connectors/file/replay_source.h"

namespace keywatch::file {

std::unique_ptr<ReplaySource> MakeReplaySource(FileSourceOptions options) {
  return std::make_unique<FileReplay>(std::move(options));
}

std::unique_ptr<FollowSource> MakeFollowSource(FileSourceOptions options, FollowOptions follow) {
  return std::make_unique<FileFollow>(std::move(options), follow);
}

}  // namespace keywatch::file
