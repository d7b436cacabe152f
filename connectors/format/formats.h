// The formats that a configuration can name, behind one function.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connectors/format/message.h"

namespace keywatch::format {

enum class Format { kKeywatch, kCloudEvents, kCloudEventsBinary, kOcsf, kEcs, kCef };

// Names as in the configuration, in the order of the enumeration.
const std::vector<std::string>& FormatNames();

Result<Message> Render(Format format, std::string_view canonical_json, const Sender& sender);

}  // namespace keywatch::format
