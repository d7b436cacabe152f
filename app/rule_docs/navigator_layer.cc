#include "app/rule_docs/navigator_layer.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/rule/attack_catalog.h"

namespace keywatch::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kIdSize = 5;  // of a technique; a sub-technique's id goes on
constexpr const char* kFewest = "#cfe8f3";
constexpr const char* kMost = "#12719e";

std::string Joined(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += (out.empty() ? "" : "; ") + name;
  return out;
}

Json TechniqueOf(const std::string& id, const std::set<std::string>& names, bool has_subs) {
  Json technique = {{"techniqueID", id}};
  if (!names.empty()) {
    technique["score"] = names.size();
    technique["comment"] = Joined(names);
  }
  technique["enabled"] = true;
  technique["showSubtechniques"] = has_subs;
  return technique;
}

}  // namespace

std::string NavigatorLayer(const std::vector<rule::CompiledRule>& rules) {
  std::map<std::string, std::set<std::string>> rules_of;  // by technique
  std::set<std::string> unfolded;                         // techniques with a sub-technique here
  for (const rule::CompiledRule& rule : rules) {
    for (const std::string& id : rule.rule.techniques) {
      if (!rule.rule.enabled || !rule::IsAttackTechnique(id))
        continue;
      rules_of[id].insert(rule.rule.name);
      if (id.size() > kIdSize) {
        unfolded.insert(id.substr(0, kIdSize));
        rules_of[id.substr(0, kIdSize)];
      }
    }
  }
  size_t most = 1;
  Json techniques = Json::array();
  for (const auto& [id, names] : rules_of) {
    most = std::max(most, names.size());
    techniques.push_back(TechniqueOf(id, names, unfolded.contains(id)));
  }
  const std::string version(rule::kAttackVersion);
  Json layer = {
      {"name", "keywatch"},
      {"versions",
       {{"attack", version.substr(0, version.find('.'))},
        {"navigator", "5.1.0"},
        {"layer", "4.5"}}},
      {"domain", "enterprise-attack"},
      {"description",
       fmt::format("Techniques that {} rules of keywatch look for in the audit logs of Azure Key "
                   "Vault and Managed HSM. The score is the number of rules.",
                   rules.size())},
      {"filters", {{"platforms", Json::array({"IaaS", "SaaS", "Identity Provider"})}}},
      {"sorting", 0},
      {"layout", {{"layout", "side"}, {"showID", true}, {"showName", true}}},
      {"hideDisabled", false},
      {"techniques", techniques},
      {"gradient", {{"colors", {kFewest, kMost}}, {"minValue", 1}, {"maxValue", most}}},
      {"legendItems",
       Json::array({{{"label", "1 rule"}, {"color", kFewest}},
                    {{"label", fmt::format("{} rules", most)}, {"color", kMost}}})},
      {"metadata", Json::array()},
      {"showTacticRowBackground", false},
      {"selectTechniquesAcrossTactics", true},
      {"selectSubtechniquesWithParent", false}};
  return layer.dump(2) + "\n";
}

}  // namespace keywatch::app
