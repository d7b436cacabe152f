// Microsoft Teams, the Workflows trigger "When a Teams webhook request is received": one Adaptive
// Card. (Office 365 connectors, which took other cards, are retired.)
//
// Data stands in RichTextBlocks, whose text is not read as Markdown, and so needs no escaping. The
// message stays below 25 KB of the 28 KB that Teams takes.
#pragma once

#include <string_view>

#include "connectors/format/message.h"

namespace keywatch::format {

Result<Message> ToTeams(std::string_view canonical_json);

}  // namespace keywatch::format
