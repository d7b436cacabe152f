#include "app/connectors/file_sink.h"

#include "connectors/file/console_sink.h"
#include "connectors/file/json_lines_sink.h"

namespace keywatch::app {

using format::Format;

ConsoleSinkSettings ReadConsoleSink(ConnectorFields* /*fields*/) { return {}; }

FileSinkSettings ReadFileSink(ConnectorFields* fields) {
  FileSinkSettings file;
  file.path = fields->RequirePath("path");
  file.format = ReadFormat(
      fields, {Format::kKeywatch, Format::kCloudEvents, Format::kOcsf, Format::kEcs, Format::kCef});
  SetField(fields->reader().Size("max_bytes"), &file.max_bytes);
  SetField(fields->reader().Integer("keep", 1, 1000), &file.keep);
  SetField(fields->reader().Bool("send_ended"), &file.send_ended);
  SetField(fields->reader().Text("cloudevents_source"), &file.cloudevents_source);
  return file;
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const ConsoleSinkSettings& /*settings*/) {
  return std::unique_ptr<pipeline::Sink>(std::make_unique<file::ConsoleSink>(name));
}

Result<std::unique_ptr<pipeline::Sink>> MakeSink(const std::string& name,
                                                 const FileSinkSettings& settings) {
  file::JsonLinesOptions options;
  options.name = name;
  options.path = settings.path;
  options.most_bytes = static_cast<uint64_t>(settings.max_bytes);
  options.keep = static_cast<int>(settings.keep);
  options.format = settings.format;
  options.sender = MakeSender(settings.cloudevents_source);
  options.wants_ended = settings.send_ended;
  auto sink = file::JsonLinesSink::Make(std::move(options));
  if (!sink)
    return sink.error();
  return std::unique_ptr<pipeline::Sink>(std::move(*sink));
}

}  // namespace keywatch::app
