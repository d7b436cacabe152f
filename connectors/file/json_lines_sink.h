// Appends each alert as one line to a file: its JSON (docs/formats/alert.md) or another format.
// With `sync` an alert is accepted only when it is on disk.
//
// With `most_bytes` the file is rotated before it would grow beyond: `path` becomes `path`.1, that
// `path`.2, and so on; `keep` old ones stay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "connectors/file/line_file.h"
#include "connectors/format/formats.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

struct JsonLinesOptions {
  std::string name;
  std::string path;
  bool sync = true;
  uint64_t most_bytes = 0;  // 0: never rotated here
  int keep = 10;
  format::Format format = format::Format::kKeywatch;
  format::Sender sender = {};
  bool wants_ended = false;
};

class JsonLinesSink : public pipeline::Sink {
 public:
  // Opens the file, so that a wrong path is found at start.
  static Result<std::unique_ptr<JsonLinesSink>> Make(JsonLinesOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  [[nodiscard]] bool wants_ended() const override { return options_.wants_ended; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;

 private:
  explicit JsonLinesSink(JsonLinesOptions options)
      : options_(std::move(options)), file_(options_.path) {}
  Status Append();
  Status Rotate();

  JsonLinesOptions options_;
  LineFile file_;
  std::string line_;
};

}  // namespace keywatch::file
