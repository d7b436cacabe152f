#include "app/connectors/route.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "connectors/format/alert_facts.h"

namespace keywatch::app {
namespace {

// Ascending.
const std::vector<std::string>& Severities() {
  static const std::vector<std::string> names = {"Informational", "Low", "Medium", "High"};
  return names;
}

bool SameLetter(char a, char b) {
  return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
}

bool MatchesAny(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return MatchesPattern(pattern, text);
  });
}

// "/subscriptions/../vaults/NAME" by its whole or by NAME.
bool MatchesResource(const std::vector<std::string>& patterns, const std::string& id) {
  return MatchesAny(patterns, id) || MatchesAny(patterns, id.substr(id.rfind('/') + 1));
}

void ReadPatterns(Fields* fields,
                  std::string_view key,
                  std::string meaning,
                  std::vector<std::string>* out) {
  const rule::YamlNode* node =
      fields->Texts(key, std::move(meaning), out, Need::kOptional, /*least_items=*/1);
  if (std::count(out->begin(), out->end(), "") > 0)
    fields->diagnostics()->Error(node->span, std::string(key) + ": expected text, found none");
}

Route ReadKeys(Fields* fields) {
  Route route;
  const rule::YamlNode* list = fields->Names(
      "severity", "One of these.", Severities(), /*least_items=*/1, &route.severities);
  std::string least;
  fields->NameText("min_severity", "This severity or a higher one.", Severities(), &least);
  fields->Group(FieldGroup::Rule::kAtMostOne, {"severity", "min_severity"});
  if (list != nullptr && !least.empty())
    fields->diagnostics()->Error(list->span, "expected severity or min_severity, found both");
  if (auto found = std::find(Severities().begin(), Severities().end(), least);
      found != Severities().end()) {
    route.severities.assign(found, Severities().end());
  }
  ReadPatterns(fields, "rules", "Ids or names of rules; * stands for any text.", &route.rules);
  ReadPatterns(fields, "tactics", "As in rules, e.g. CredentialAccess.", &route.tactics);
  ReadPatterns(fields,
               "resources",
               "Names or ids of vaults and HSMs; * stands for any text.",
               &route.resources);
  fields->Finish();
  return route;
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  size_t star = std::string_view::npos;  // the last one met, and the text that it stands for so far
  size_t from = 0;
  size_t p = 0;
  size_t t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && SameLetter(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*')
    ++p;
  return p == pattern.size();
}

Route ReadRoute(Fields* fields) {
  Route route;
  fields->Map("route",
              "Which alerts go there; without it all. An alert must meet every key that is given, "
              "and one of its values; case does not matter.",
              Need::kOptional,
              [&route](Fields* keys) { route = ReadKeys(keys); });
  return route;
}

bool Takes(const Route& route, const pipeline::OutgoingAlert& alert) {
  if (!route.severities.empty() && !MatchesAny(route.severities, alert.severity))
    return false;
  bool names_rule = route.rules.empty() || MatchesAny(route.rules, alert.rule_id);
  if (names_rule && route.tactics.empty() && route.resources.empty())
    return true;
  Result<format::AlertFacts> facts = format::ReadFacts(alert.json);
  if (!facts)
    return true;
  if (!names_rule && !MatchesAny(route.rules, facts->rule_name))
    return false;
  auto any = [](const std::vector<std::string>& texts, auto matches) {
    return std::any_of(texts.begin(), texts.end(), matches);
  };
  if (!route.tactics.empty() &&
      !any(facts->tactics, [&](const auto& text) { return MatchesAny(route.tactics, text); }))
    return false;
  return route.resources.empty() || any(facts->resources, [&](const std::string& id) {
           return MatchesResource(route.resources, id);
         });
}

std::vector<std::string> UnroutedSeverities(const std::vector<Route>& routes) {
  std::vector<std::string> out;
  for (const std::string& severity : Severities()) {
    bool is_taken = std::any_of(routes.begin(), routes.end(), [&](const Route& route) {
      return route.rules.empty() && route.tactics.empty() && route.resources.empty() &&
             (route.severities.empty() || MatchesAny(route.severities, severity));
    });
    if (!is_taken)
      out.push_back(severity);
  }
  return out;
}

}  // namespace keywatch::app
