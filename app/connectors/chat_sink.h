// `type: slack` and `type: teams` in `sinks`.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/http_egress.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct ChatSinkSettings {
  std::string url;  // holds the secret that lets one post
  Secret url_file;  // the file that it came from
  bool send_ended = false;
  HttpEgress egress;

  bool operator==(const ChatSinkSettings&) const = default;
};

struct SlackSinkSettings : ChatSinkSettings {
  bool operator==(const SlackSinkSettings&) const = default;
};
struct TeamsSinkSettings : ChatSinkSettings {
  bool operator==(const TeamsSinkSettings&) const = default;
};

SlackSinkSettings ReadSlackSink(Fields* fields);
TeamsSinkSettings ReadTeamsSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const SlackSinkSettings& settings);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const TeamsSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const ChatSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
