#include "connectors/format/shorten.h"

#include "connectors/format/alert_view.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kLongestText = 1 << 10;
constexpr size_t kMostPointers = 32;

void Note(const char* pointer, Json* alert) {
  Json& truncated = (*alert)["truncated"];
  if (truncated.size() < kMostPointers)
    truncated.push_back(pointer);
}

}  // namespace

Result<std::string> Shortened(std::string_view canonical_json) {
  Result<AlertView> view = ReadAlert(canonical_json);
  if (!view)
    return view.error();
  Json& alert = view->json;
  // What was cut inside of what goes is of no interest any more.
  alert["truncated"] = Json::array();
  for (const char* name : {"title", "description"}) {
    std::string text = alert.value(name, "");
    if (text.size() <= kLongestText)
      continue;
    alert[name] = CutBytes(text, kLongestText);
    Note(name[0] == 't' ? "/title" : "/description", &alert);
  }
  for (const char* name : {"customDetails", "row"}) {
    if (alert[name].empty() || (name[0] == 'c' && Write(alert[name]).size() <= kLongestText))
      continue;
    alert[name] = Json::object();
    Note(name[0] == 'c' ? "/customDetails" : "/row", &alert);
  }
  constexpr size_t kMostEntities = 10;
  if (alert["entities"].size() > kMostEntities) {
    alert["entities"].erase(alert["entities"].begin() + kMostEntities, alert["entities"].end());
    Note("/entities", &alert);
  }
  if (!alert["evidence"].empty()) {
    alert["evidence"] = Json::array();
    Note("/evidence", &alert);
  }
  return Write(alert);
}

}  // namespace keywatch::format
