#include "app/connectors/sender.h"

#include <array>

#include <unistd.h>

#include "app/version.h"

namespace keywatch::app {
namespace {

// As RFC 5424 takes it: printable ASCII without blanks.
std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0)
    return "-";
  std::string out;
  for (char c : std::string(name.data())) {
    if (c > 0x20 && c < 0x7F)
      out += c;
  }
  return out.empty() ? "-" : out;
}

}  // namespace

format::Sender MakeSender(const std::string& cloudevents_source) {
  return {kVersion, HostName(), cloudevents_source};
}

void ReadSendEnded(Fields* fields, bool* send_ended) {
  fields->Bool("send_ended", "true: also tell when a finding is over.", send_ended);
}

void ReadCloudEventsSource(Fields* fields, std::string* source) {
  fields->Text("cloudevents_source", "A URI that names this keywatch in CloudEvents.", source);
}

format::Format ReadFormat(Fields* fields, const std::vector<format::Format>& allowed) {
  std::vector<std::string> names;
  for (format::Format one : allowed)
    names.push_back(format::FormatNames()[static_cast<size_t>(one)]);
  size_t which = 0;
  fields->Name("format", "Form of an alert.", names, &which);
  return allowed[which];
}

}  // namespace keywatch::app
