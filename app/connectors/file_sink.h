// `type: file` and `type: console` in `sinks`.
#pragma once

#include <memory>
#include <string>

#include "app/connectors/fields.h"
#include "engine/pipeline/io.h"

namespace keywatch::app {

struct ConsoleSinkSettings {
  bool operator==(const ConsoleSinkSettings&) const = default;
};

struct FileSinkSettings {
  std::string path;

  bool operator==(const FileSinkSettings&) const = default;
};

ConsoleSinkSettings ReadConsoleSink(ConnectorFields* fields);
FileSinkSettings ReadFileSink(ConnectorFields* fields);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const ConsoleSinkSettings& settings);
Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const FileSinkSettings& settings);

}  // namespace keywatch::app
