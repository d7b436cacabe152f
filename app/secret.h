// A text that must not be shown: printing one gives "***".
#pragma once

#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  // For the one place that needs it; never for a log, a message or a page.
  [[nodiscard]] const std::string& Reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  bool operator==(const Secret&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret& /*secret*/) {
    return out << "***";
  }

 private:
  std::string text_;
};

}  // namespace keywatch::app

template <>
struct fmt::formatter<keywatch::app::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const keywatch::app::Secret& /*secret*/, Context& context) const {
    return fmt::formatter<std::string_view>::format("***", context);
  }
};
