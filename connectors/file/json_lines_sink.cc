#include "connectors/file/json_lines_sink.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace keywatch::file {

Result<std::unique_ptr<JsonLinesSink>> JsonLinesSink::Make(JsonLinesOptions options) {
  std::unique_ptr<JsonLinesSink> sink(new JsonLinesSink(std::move(options)));
  Status opened = sink->file_.Open();
  if (!opened.ok()) {
    return InvalidInput("sink " + sink->options_.name + ": " + opened.message());
  }
  return sink;
}

pipeline::DeliveryResult JsonLinesSink::Deliver(const pipeline::OutgoingAlert& alert) {
  Result<format::Message> message = format::Render(options_.format, alert.json, options_.sender);
  if (!message)
    return {pipeline::DeliveryOutcome::kReject, "other", message.error().message(), {}};
  line_.assign(message->body);
  line_ += '\n';
  Status written = Append();
  if (written.ok())
    return {};
  return {pipeline::DeliveryOutcome::kRetry, "file", written.message(), {}};
}

Status JsonLinesSink::Append() {
  bool is_full = options_.most_bytes > 0 && file_.size() > 0 &&
                 file_.size() + line_.size() > options_.most_bytes;
  if (is_full)
    KEYWATCH_RETURN_IF_ERROR(Rotate());
  KEYWATCH_RETURN_IF_ERROR(file_.Append(line_));
  return options_.sync ? file_.Sync() : Status();
}

Status JsonLinesSink::Rotate() {
  // LineFile::Rotate() moves the file itself to `.1`: that place is made free first.
  for (int number = options_.keep - 1; number >= 1; --number) {
    std::string from = options_.path + "." + std::to_string(number);
    std::string to = options_.path + "." + std::to_string(number + 1);
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error && error != std::errc::no_such_file_or_directory)
      return Unavailable("cannot rename " + from + " to " + to + ": " + error.message());
  }
  return file_.Rotate();
}

}  // namespace keywatch::file
