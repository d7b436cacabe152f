// Prints one line per alert for people:
//
//   2026-11-24T10:00:00Z High    Repeated 403s by 203.0.113.7  Account=ada@example.com
//   IP=203.0.113.7
//
// Control characters that a record brings along are shown as \xNN, never sent to the terminal.
#pragma once

#include <string>
#include <string_view>

#include "engine/pipeline/io.h"

namespace keywatch::file {

// The line for an alert's JSON, without line end; pure. Text that is no alert gives the id alone.
std::string ConsoleLine(const pipeline::OutgoingAlert& alert, bool colour);

class ConsoleSink : public pipeline::Sink {
 public:
  // Writes to `descriptor` (1: stdout), in colour if it is a terminal and NO_COLOR is not set.
  explicit ConsoleSink(std::string name, int descriptor = 1);

  [[nodiscard]] const std::string& name() const override { return name_; }
  // A reader that does not read for two seconds gives kRetry.
  pipeline::DeliveryResult Deliver(const pipeline::OutgoingAlert& alert) override;

 private:
  std::string name_;
  int descriptor_;
  bool colour_;
};

}  // namespace keywatch::file
