// What came of trying a source or sink: connected, logged in, asked for something harmless; nothing
// read, nothing delivered.
//
// Each kind has in its pair of files
//   Attempt TryConnection(const std::string& name, const ITSSettings&, std::chrono::milliseconds);
// which returns after about that time at the latest, and may be called beside any other. Not tried
// is only what is this process's own input: standard input (a test in tests/unit/app/connectors
// holds the others to it).
#pragma once

#include <string>
#include <utility>

#include "engine/base/status.h"

namespace keywatch::app {

struct Attempt {
  enum class Outcome { kOk, kFailed, kNotTried };
  Outcome outcome = Outcome::kNotTried;
  std::string text;  // what was found, or what is wrong and what to do

  static Attempt Ok(std::string text) { return {Outcome::kOk, std::move(text)}; }
  static Attempt Failed(std::string text) { return {Outcome::kFailed, std::move(text)}; }
  static Attempt NotTried(std::string text) { return {Outcome::kNotTried, std::move(text)}; }
};

}  // namespace keywatch::app
