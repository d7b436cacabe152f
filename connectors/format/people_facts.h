// The lines under an alert's title in a chat: label and value, for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "connectors/format/alert_view.h"

namespace keywatch::format {

// On one line each, at most ten: severity, rule, since, tactics, operation, then entities. A value
// has at most `longest` bytes.
std::vector<std::pair<std::string, std::string>> PeopleFacts(const AlertView& alert,
                                                             size_t longest);
// "High: ..", "Ended: ..", on one line.
std::string PeopleTitle(const AlertView& alert);

}  // namespace keywatch::format
