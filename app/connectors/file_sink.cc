#include "app/connectors/file_sink.h"

#include "connectors/file/console_sink.h"
#include "connectors/file/json_lines_sink.h"

namespace keywatch::app {

ConsoleSinkSettings ReadConsoleSink(ConnectorFields* /*fields*/) { return {}; }

FileSinkSettings ReadFileSink(ConnectorFields* fields) { return {fields->RequirePath("path")}; }

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const ConsoleSinkSettings& /*settings*/) {
  return std::unique_ptr<pipeline::Sink>(std::make_unique<file::ConsoleSink>(name));
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const FileSinkSettings& settings) {
  auto sink = file::JsonLinesSink::Make({name, settings.path, true});
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

}  // namespace keywatch::app
