#include "connectors/decode/resource_id.h"

#include <vector>

namespace keywatch::decode {
namespace {

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

ResourceParts ParseResourceId(std::string_view id) {
  ResourceParts parts;
  parts.upper = Upper(id);
  parts.lower = Lower(id);
  std::vector<std::string_view> segments;
  for (std::string_view rest = parts.upper; !rest.empty();) {
    size_t slash = rest.find('/');
    if (slash != 0)
      segments.push_back(rest.substr(0, slash));
    if (slash == std::string_view::npos)
      break;
    rest.remove_prefix(slash + 1);
  }
  for (size_t i = 0; i + 1 < segments.size(); i += 2) {
    if (segments[i] == "SUBSCRIPTIONS") {
      parts.subscription = segments[i + 1];
    } else if (segments[i] == "RESOURCEGROUPS") {
      parts.group = segments[i + 1];
    } else if (segments[i] == "PROVIDERS") {
      parts.provider = segments[i + 1];
    } else if (!parts.provider.empty()) {
      if (!parts.type.empty())
        parts.type += '/';
      parts.type += segments[i];
      parts.name = segments[i + 1];
    }
  }
  return parts;
}

}  // namespace keywatch::decode
