#include "app/config_schema.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "engine/rule/duration.h"
#include "tests/support/temp_dir.h"

namespace keywatch::app {
namespace {

using Json = nlohmann::ordered_json;

// Calls `visit(name, object)` for each map: "", "rules", "sources.kafka", "sources.kafka.auth.."
template <class Visit>
void ForEachObject(const std::string& name, const ObjectSpec& object, const Visit& visit) {
  if (object.variants.empty())
    visit(name, object);
  for (const Variant& variant : object.variants)
    ForEachObject(name + "." + variant.type, variant.object, visit);
  for (const FieldSpec& field : object.fields) {
    for (const ObjectSpec& inner : field.object)
      ForEachObject(name.empty() ? field.key : name + "." + field.key, inner, visit);
  }
}

std::set<std::string> KeysOf(const ObjectSpec& object) {
  std::set<std::string> keys;
  for (const FieldSpec& field : object.fields)
    keys.insert(field.key);
  return keys;
}

TEST(ConfigSchema, EveryKeyIsDeclaredOnceAndSaysWhatItMeans) {
  size_t fields = 0;
  ForEachObject("", DescribeConfig(), [&](const std::string& name, const ObjectSpec& object) {
    EXPECT_EQ(KeysOf(object).size(), object.fields.size()) << name;
    for (const FieldSpec& field : object.fields) {
      ++fields;
      EXPECT_TRUE(field.meaning.ends_with('.')) << name << "." << field.key;
      EXPECT_EQ(field.meaning.find('\n'), std::string::npos) << name << "." << field.key;
    }
    for (const FieldGroup& group : object.groups) {
      for (const std::string& key : group.keys)
        EXPECT_TRUE(KeysOf(object).contains(key)) << name << "." << key;
    }
  });
  EXPECT_GT(fields, 200U);
}

// docs/configuration.md has a map that several kinds share only once.
TEST(ConfigSchema, MapsOfOneNameHaveTheSameKeys) {
  std::map<std::string, std::set<std::string>> known;
  ForEachObject("", DescribeConfig(), [&](const std::string& name, const ObjectSpec& object) {
    size_t at = name.find("auth.");
    if (at == std::string::npos && name.ends_with(".route"))
      at = name.rfind('.');
    if (at == std::string::npos)
      return;
    auto [found, is_new] = known.emplace(name.substr(at), KeysOf(object));
    EXPECT_EQ(found->second, KeysOf(object)) << name;
  });
  EXPECT_EQ(known.size(), 5U);  // four kinds of auth, and route
}

// What the reader takes, in the words of the message about a key that it does not know, is what it
// declares when nobody has written anything: no key is asked for under some condition only.
TEST(ConfigSchema, DeclaresWhatTheReaderTakes) {
  const char* const wrong = R"(version: 1
zzzzzzzzzzzz: 1
rules: {zzzzzzzzzzzz: 1}
schema: {zzzzzzzzzzzz: 1}
sources:
  - {type: kafka, brokers: a, topics: b, zzzzzzzzzzzz: 1}
  - {type: event_hubs, namespace: a, auth: {type: managed_identity, zzzzzzzzzzzz: 1}, zzzzzzzzzzzz: 1}
  - {type: file, paths: '-', zzzzzzzzzzzz: 1}
  - {type: http, zzzzzzzzzzzz: 1}
  - type: log_analytics
    workspace_id: a
    auth: {type: workload_identity, tenant_id: t, client_id: c, token_file: f, zzzzzzzzzzzz: 1}
    zzzzzzzzzzzz: 1
  - {type: blob, account_url: 'https://a.blob.core.windows.net', sas_token: a, zzzzzzzzzzzz: 1}
sinks:
  - {type: webhook, url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: console, route: {severity: High, zzzzzzzzzzzz: 1}, zzzzzzzzzzzz: 1}
  - {type: file, path: a, zzzzzzzzzzzz: 1}
  - {type: alertmanager, url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: slack, webhook_url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: teams, webhook_url: 'https://a', zzzzzzzzzzzz: 1}
  - {type: pagerduty, routing_key: 01234567890123456789012345678901, zzzzzzzzzzzz: 1}
  - {type: syslog, address: a, zzzzzzzzzzzz: 1}
  - {type: kafka, brokers: a, topic: b, zzzzzzzzzzzz: 1}
  - type: logs_ingestion
    endpoint: https://a
    rule_id: dcr-1
    auth: {type: client_secret, tenant_id: a, client_id: a, client_secret: a, zzzzzzzzzzzz: 1}
    zzzzzzzzzzzz: 1
  - type: logs_ingestion
    name: another
    endpoint: https://a
    rule_id: dcr-1
    auth: {type: client_certificate, tenant_id: a, client_id: a, certificate_file: f, zzzzzzzzzzzz: 1}
    zzzzzzzzzzzz: 1
http: {zzzzzzzzzzzz: 1}
snapshot: {zzzzzzzzzzzz: 1}
state: {zzzzzzzzzzzz: 1}
log: {zzzzzzzzzzzz: 1}
dead_letter: {zzzzzzzzzzzz: 1}
)";
  ConfigLoad load =
      ParseConfig({"k.yaml", wrong, 1, 0}, "/none", [](std::string_view) { return std::nullopt; });
  std::set<std::set<std::string>> taken;
  for (const Diagnostic& diagnostic : load.diagnostics.all()) {
    if (diagnostic.hint.rfind("one of: ", 0) != 0)
      continue;
    std::set<std::string> keys;
    std::stringstream names(diagnostic.hint.substr(8));
    for (std::string name; std::getline(names, name, ',');)
      keys.insert(name.substr(name.find_first_not_of(' ')));
    keys.erase("type");
    taken.insert(keys);
  }
  std::set<std::set<std::string>> declared;
  ForEachObject("", DescribeConfig(), [&](const std::string& name, const ObjectSpec& object) {
    declared.insert(KeysOf(object));
    EXPECT_TRUE(taken.contains(KeysOf(object))) << name;
  });
  EXPECT_EQ(taken, declared);
}

TEST(ConfigSchema, IsMadeForEditors) {
  const Json schema = Json::parse(ConfigJsonSchema(DescribeConfig()));
  EXPECT_EQ(schema["required"], Json({"version", "sources", "sinks"}));
  EXPECT_EQ(schema["additionalProperties"], false);
  const Json& keep = schema["properties"]["snapshot"]["properties"]["keep"];
  EXPECT_EQ(keep["default"], 3);
  EXPECT_EQ(keep["anyOf"][0], Json({{"type", "integer"}, {"minimum", 1}, {"maximum", 100}}));
  EXPECT_FALSE(keep["description"].get<std::string>().empty());
  const Json& kafka = schema["properties"]["sources"]["items"]["allOf"][0];
  EXPECT_EQ(kafka["if"]["properties"]["type"]["const"], "kafka");
  EXPECT_EQ(kafka["then"]["additionalProperties"], false);
  EXPECT_EQ(kafka["then"]["required"], Json({"brokers", "topics"}));
  EXPECT_TRUE(kafka["then"]["properties"].contains("auth"));
  EXPECT_EQ(kafka["then"]["properties"]["properties"]["writeOnly"], true);
}

// Of a duration or size in a schema, as the reader sees it.
const Json& ValueOf(const Json& schema, const char* section, const char* key) {
  return schema["properties"][section]["properties"][key]["anyOf"][0];
}

TEST(ConfigSchema, PatternsAgreeWithTheReaders) {
  const Json schema = Json::parse(ConfigJsonSchema(DescribeConfig()));
  const std::regex duration(ValueOf(schema, "snapshot", "interval")["pattern"].get<std::string>());
  for (const char* text :
       {"0s",      "14d", "1.5h", "5m",    "30s", "500ms", "1.02:00:00", "00:05:00", "PT5M",
        "P1DT12H", "P2W", "10 s", "30min", "15",  "",      "m",          "-5m",      "5 minutes",
        "1h30m",   "P",   "PT",   "5m ",   "P1H", "1:2",   "five",       "5,5m"}) {
    EXPECT_EQ(std::regex_match(text, duration), rule::ParseDuration(text).has_value()) << text;
  }
  const std::regex size(ValueOf(schema, "dead_letter", "max_bytes")["pattern"].get<std::string>());
  for (const char* text : {"0B", "512KiB", "64MiB", "2GiB", "100", "1KB", "1.5GiB", "2 GiB", ""})
    EXPECT_EQ(std::regex_match(text, size), rule::ParseSize(text).has_value()) << text;
}

TEST(ConfigSchema, TheReferenceIsUpToDate) {
  const std::filesystem::path page =
      std::filesystem::path(KEYWATCH_SOURCE_DIR) / "docs/configuration.md";
  EXPECT_EQ(tests::ReadFile(page.string()), ConfigReference(DescribeConfig()))
      << "make it anew: keywatch config schema --markdown > docs/configuration.md";
}

}  // namespace
}  // namespace keywatch::app
