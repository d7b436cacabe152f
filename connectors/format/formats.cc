#include "connectors/format/formats.h"

#include "connectors/format/cef.h"
#include "connectors/format/cloudevents.h"
#include "connectors/format/ecs.h"
#include "connectors/format/ocsf.h"

namespace keywatch::format {

const std::vector<std::string>& FormatNames() {
  static const std::vector<std::string> names = {
      "keywatch", "cloudevents", "cloudevents_binary", "ocsf", "ecs", "cef"};
  return names;
}

Result<Message> Render(Format format, std::string_view canonical_json, const Sender& sender) {
  switch (format) {
    case Format::kKeywatch:
      break;
    case Format::kCloudEvents:
      return ToCloudEvent(canonical_json, sender);
    case Format::kCloudEventsBinary:
      return ToBinaryCloudEvent(canonical_json, sender);
    case Format::kOcsf:
      return ToOcsf(canonical_json, sender);
    case Format::kEcs:
      return ToEcs(canonical_json, sender);
    case Format::kCef:
      return ToCef(canonical_json, sender);
  }
  return Message{std::string(canonical_json)};  // byte for byte
}

}  // namespace keywatch::format
