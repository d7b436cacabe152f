// A text that must not be shown: printing one gives "***". It is given as it is, or stands in a
// file, which is read again when it changes, so that rotating a secret needs no restart.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "engine/base/status.h"

namespace keywatch {

// Copies share the file. Reveal() may be called by any thread.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  // The file's text without white space around it. Refuses a file that cannot be read, is empty, or
  // is larger than 1 MiB.
  static Result<Secret> FromFile(const std::string& path);

  // For the one place that needs it; never for a log, a message or a page. Of a file: its present
  // text, looked at once a second at most; while it cannot be read, or is empty, the last one.
  [[nodiscard]] std::string Reveal() const;
  [[nodiscard]] bool empty() const { return file_ == nullptr && text_.empty(); }
  // "" if the text was given as it is.
  [[nodiscard]] const std::string& path() const;

  bool operator==(const Secret& other) const {
    return path() == other.path() && text_ == other.text_;
  }
  friend std::ostream& operator<<(std::ostream& out, const Secret& /*secret*/) {
    return out << "***";
  }

 private:
  struct File;
  std::string text_;
  std::shared_ptr<File> file_;
};

}  // namespace keywatch

template <>
struct fmt::formatter<keywatch::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const keywatch::Secret& /*secret*/, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};
