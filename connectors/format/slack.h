// Slack incoming webhook (and Mattermost, Rocket.Chat: what they read of it): Block Kit.
//
// Limits: header 150 characters, 10 fields of 2,000, a section 3,000; about 13,000 in all. Data is
// escaped (`<!channel>` in a record would page everybody) and marked verbatim, so that nothing in
// it becomes a link.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToSlack(std::string_view canonical_json);

}  // namespace keywatch::format
