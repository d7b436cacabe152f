#include "connectors/format/teams.h"

#include <string>

#include "connectors/format/people_facts.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

// Every byte may double when it is written as JSON.
constexpr size_t kTitle = 500;
constexpr size_t kLongestDescription = 4000;
constexpr size_t kLongestValue = 400;

Json Run(const std::string& text) { return {{"type", "TextRun"}, {"text", text}}; }

Json Block(Json inlines) { return {{"type", "RichTextBlock"}, {"inlines", std::move(inlines)}}; }

}  // namespace

Result<Message> ToTeams(std::string_view canonical_json) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  Json title = Run(CutBytes(PeopleTitle(*alert), kTitle));
  title["size"] = "Medium";
  title["weight"] = "Bolder";
  title["color"] = alert->ended ? "Good" : alert->severity->teams;
  Json body = Json::array();
  body.push_back(Block(Json::array({title})));
  std::string description = CutBytes(Visible(alert->description), kLongestDescription);
  if (description.find_first_not_of(" \n") != std::string::npos)
    body.push_back(Block(Json::array({Run(description)})));
  for (const auto& [label, value] : PeopleFacts(*alert, kLongestValue)) {
    Json name = Run(label + ": ");
    name["weight"] = "Bolder";
    body.push_back(Block(Json::array({name, Run(value)})));
  }
  Json last = Run("keywatch alert " + alert->id);
  last["isSubtle"] = true;
  body.push_back(Block(Json::array({last})));
  Json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
               {"type", "AdaptiveCard"},
               {"version", "1.4"},
               {"msteams", {{"width", "full"}}},
               {"body", body}};
  Json attachment = {{"contentType", "application/vnd.microsoft.card.adaptive"},
                     {"contentUrl", nullptr},
                     {"content", card}};
  Json message = {{"type", "message"}, {"attachments", Json::array({attachment})}};
  return Message{Write(message)};
}

}  // namespace keywatch::format
