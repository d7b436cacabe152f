#include "app/connectors/file_sink.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "connectors/file/console_sink.h"
#include "connectors/file/json_lines_sink.h"

namespace keywatch::app {

using format::Format;

ConsoleSinkSettings ReadConsoleSink(Fields* /*fields*/) { return {}; }

FileSinkSettings ReadFileSink(Fields* fields) {
  FileSinkSettings file;
  fields->Path("path", "JSON Lines are appended to it.", &file.path, Need::kRequired);
  file.format = ReadFormat(
      fields, {Format::kKeywatch, Format::kCloudEvents, Format::kOcsf, Format::kEcs, Format::kCef});
  fields->Size(
      "max_bytes", "Beyond it the file becomes FILE.1, and so on; 0B: never.", &file.max_bytes);
  fields->Integer("keep", "Rotated files.", 1, 1000, &file.keep);
  ReadSendEnded(fields, &file.send_ended);
  ReadCloudEventsSource(fields, &file.cloudevents_source);
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

Attempt TryConnection(const std::string& /*name*/,
                      const ConsoleSinkSettings& /*settings*/,
                      std::chrono::milliseconds /*limit*/) {
  return Attempt::Ok("standard output");
}

Attempt TryConnection(const std::string& /*name*/,
                      const FileSinkSettings& settings,
                      std::chrono::milliseconds /*limit*/) {
  std::string folder = std::filesystem::path(settings.path).parent_path().string();
  if (folder.empty())
    folder = ".";
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return Attempt::Failed(fmt::format(
        "{}: {}: make the folder, and let this user write into it", folder, std::strerror(errno)));
  }
  if (access(settings.path.c_str(), W_OK) != 0 && errno != ENOENT) {
    return Attempt::Failed(
        fmt::format("{}: {}: let this user write to it", settings.path, std::strerror(errno)));
  }
  return Attempt::Ok("can be written to");
}

}  // namespace keywatch::app
