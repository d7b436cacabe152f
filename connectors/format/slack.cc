#include "connectors/format/slack.h"

#include <fmt/format.h>

#include "connectors/format/people_facts.h"
#include "connectors/format/text_limits.h"

namespace keywatch::format {
namespace {

constexpr size_t kHeader = 150;
constexpr size_t kFallback = 300;
constexpr size_t kMostCharacters = 2000;
constexpr size_t kLongestFact = 300;

std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

Json Markdown(const std::string& text) {
  return {{"type", "mrkdwn"}, {"text", text}, {"verbatim", true}};
}

Json Plain(const std::string& text) {
  return {{"type", "plain_text"}, {"text", text}, {"emoji", false}};
}

}  // namespace

Result<Message> ToSlack(std::string_view canonical_json) {
  Result<AlertView> alert = ReadAlert(canonical_json);
  if (!alert)
    return alert.error();
  std::string title =
      fmt::format("{} {}", alert->ended ? "✅" : alert->severity->slack, PeopleTitle(*alert));
  Json blocks = Json::array();
  blocks.push_back({{"type", "header"}, {"text", Plain(CutCharacters(title, kHeader))}});
  std::string description = Visible(alert->description);
  if (description.find_first_not_of(" \n") != std::string::npos) {
    blocks.push_back(
        {{"type", "section"}, {"text", Plain(CutCharacters(description, kMostCharacters))}});
  }
  Json fields = Json::array();
  for (const auto& [label, value] : PeopleFacts(*alert, kLongestFact))
    fields.push_back(Markdown(fmt::format("*{}*\n{}", Escape(label), Escape(value))));
  blocks.push_back({{"type", "section"}, {"fields", fields}});
  Json context = Json::array();
  context.push_back(Plain(fmt::format("keywatch alert {}", alert->id)));
  blocks.push_back({{"type", "context"}, {"elements", context}});
  Json message = {{"text", Escape(CutCharacters(title, kFallback))}, {"blocks", blocks}};
  return Message{Write(message)};
}

}  // namespace keywatch::format
