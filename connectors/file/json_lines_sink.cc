#include "connectors/file/json_lines_sink.h"

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
  line_.assign(alert.json);
  line_ += '\n';
  Status written = file_.Append(line_);
  if (written.ok() && options_.sync)
    written = file_.Sync();
  if (written.ok())
    return {};
  return {pipeline::DeliveryOutcome::kRetry, "file", written.message(), {}};
}

}  // namespace keywatch::file
