// `type: file` and `type: console` in `sinks`.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "app/connectors/attempt.h"
#include "app/connectors/fields.h"
#include "app/connectors/sender.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct ConsoleSinkSettings {
  bool operator==(const ConsoleSinkSettings&) const = default;
};

struct FileSinkSettings {
  std::string path;
  format::Format format = format::Format::kKeywatch;
  int64_t max_bytes = 0;  // 0: not rotated by keywatch
  int64_t keep = 10;      // rotated files
  bool send_ended = false;
  std::string cloudevents_source = kCloudEventsSource;

  bool operator==(const FileSinkSettings&) const = default;
};

ConsoleSinkSettings ReadConsoleSink(Fields* fields);
FileSinkSettings ReadFileSink(Fields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const ConsoleSinkSettings& settings);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const FileSinkSettings& settings);

Attempt TryConnection(const std::string& name,
                      const ConsoleSinkSettings& settings,
                      std::chrono::milliseconds limit);
Attempt TryConnection(const std::string& name,
                      const FileSinkSettings& settings,
                      std::chrono::milliseconds limit);

}  // namespace keywatch::app
