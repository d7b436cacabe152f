// An alert for a receiver that found it too large: the same canonical JSON (docs/formats/alert.md)
// without evidence and result row, and with texts of at most 1 KiB. What is missing is named in
// `truncated`, as always.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "engine/base/status.h"

namespace keywatch::format {

Result<std::string> Shortened(std::string_view canonical_json);

// `send(alert, &is_too_large)`, and once more with the shortened alert when the receiver found it
// too large. An Alert has its canonical JSON in `json`.
template <class Alert, class Send>
auto SendOrShorten(const Alert& alert, const Send& send) {
  bool is_too_large = false;
  auto result = send(alert, &is_too_large);
  if (!is_too_large)
    return result;
  Result<std::string> brief = Shortened(alert.json);
  if (!brief || brief->size() >= alert.json.size())
    return result;
  Alert shorter = alert;
  shorter.json = std::move(*brief);
  return send(shorter, &is_too_large);
}

}  // namespace keywatch::format
