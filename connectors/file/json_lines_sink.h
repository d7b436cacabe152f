// Appends each alert's JSON as one line to a file (docs/formats/alert.md). With `sync` an alert is
// accepted only when it is on disk.
#pragma once

#include <memory>
#include <string>

#include "connectors/file/line_file.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

struct JsonLinesOptions {
  std::string name;
  std::string path;
  bool sync = true;
};

class JsonLinesSink : public pipeline::Sink {
 public:
  // Opens the file, so that a wrong path is found at start.
  static Result<std::unique_ptr<JsonLinesSink>> Make(JsonLinesOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;

 private:
  explicit JsonLinesSink(JsonLinesOptions options)
      : options_(std::move(options)), file_(options_.path) {}

  JsonLinesOptions options_;
  LineFile file_;
  std::string line_;
};

}  // namespace keywatch::file
