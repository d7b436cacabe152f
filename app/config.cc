#include "app/config.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "app/config_text.h"
#include "app/connectors/fields.h"
#include "app/page/access.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {
namespace {

void ReadRules(Fields* fields, RulesConfig* rules) {
  fields->Paths("paths",
                "Files, or folders whose *.yaml and *.yml are all read (*.test.yaml are not).",
                &rules->paths);
  fields->Paths("watchlists",
                "Folders with the site's own watchlists: for every rule, in place of those of the "
                "same alias beside the rules.",
                &rules->watchlists);
  fields->Name("learning",
               "A rule that compares with a window of the past is learning until records cover "
               "that window. hold: it raises nothing until then. raise: it raises at once, as "
               "Sentinel would.",
               {"hold", "raise"},
               &rules->learning);
  fields->Duration("allowed_lateness",
                   "How late a record may come and still count for what waits on completeness.",
                   &rules->allowed_lateness);
  fields->Duration("idle_timeout",
                   "With no record for so long, time goes on by the clock. 0s: never.",
                   &rules->idle_timeout);
  fields->Finish();
}

void ReadSchema(Fields* fields, SchemaConfig* schema) {
  fields->Paths("tables",
                "CSV files (column,type,source,storage,meaning) that add tables, or columns to "
                "known tables.",
                &schema->tables);
  fields->Finish();
}

void ReadHttp(Fields* fields, HttpConfig* http) {
  ListenAddress listen{http->host, http->port};
  fields->Listen(
      "listen", "address:port of the live page, its API, /metrics, /healthz and /readyz.", &listen);
  http->host = listen.host;
  http->port = listen.port;
  std::string path;
  const rule::YamlNode* file = fields->Path(
      "token_file",
      "File with a random text (openssl rand -hex 32): who shows it may see the page and the API. "
      "Empty: they are open on loopback, and closed where `listen` reaches further.",
      &path);
  if (!path.empty()) {
    Result<Secret> token = Secret::FromFile(path);
    if (!token) {
      fields->diagnostics()->Error(file->span, token.error().message());
    } else if (token->Reveal().size() < page::kShortestToken) {
      fields->diagnostics()->Error(
          file->span,
          fmt::format("token_file: expected a text of at least {} characters in the file, found a "
                      "shorter one",
                      page::kShortestToken),
          "write one: openssl rand -hex 32");
    } else {
      http->token = *token;
    }
  }
  fields->Finish();
}

void ReadSnapshot(Fields* fields, SnapshotConfig* snapshot) {
  fields->PositiveDuration(
      "interval", "Time between two snapshots of the state.", &snapshot->interval);
  fields->Integer("keep", "How many of them stay.", 1, 100, &snapshot->keep);
  fields->Finish();
}

void ReadState(Fields* fields, StateConfig* state) {
  fields->Integer("max_rows_per_rule",
                  "What one rule remembers at most. Beyond it the groups that would expire first "
                  "are forgotten, and counted in keywatch_state_evictions_total.",
                  1,
                  kNoBound,
                  &state->max_rows_per_rule);
  fields->Finish();
}

void ReadLog(Fields* fields, LogConfig* log) {
  fields->Name(
      "level", "What is below is not written.", {"debug", "info", "warning", "error"}, &log->level);
  size_t format = log->json ? 1 : 0;
  fields->Name("format", "Form of a line.", {"text", "json"}, &format);
  log->json = format == 1;
  fields->Finish();
}

void ReadDeadLetter(Fields* fields, DeadLetterConfig* dead_letter) {
  fields->Path("path",
               "Records that could not be read, and alerts that no sink took. Empty: "
               "dead-letter.jsonl in data_dir.",
               &dead_letter->path);
  fields->Size(
      "max_bytes", "Of the file; beyond it the one before is replaced.", &dead_letter->max_bytes);
  fields->Finish();
}

// Reads into `config`, whose initial values are the defaults.
void ReadConfig(Fields* fields, Config* config) {
  int64_t version = 1;
  fields->Integer("version", "Of the form of this file.", 1, 1, &version, Need::kRequired);
  fields->Path(
      "data_dir", "Snapshots, the alert outbox, and what is set aside.", &config->data_dir);
  auto section = [fields](const char* key, const char* meaning, auto read, auto* out) {
    fields->Map(key, meaning, Need::kOptional, [read, out](Fields* inner) { read(inner, out); });
  };
  section("rules", "Detection rules, and how they see time.", ReadRules, &config->rules);
  section("schema", "Tables that rules may name.", ReadSchema, &config->schema);
  config->sources = ReadSources(fields);
  config->sinks = ReadSinks(fields);
  section("http", "The listener for people and monitoring.", ReadHttp, &config->http);
  section("snapshot", "What a restart goes on from.", ReadSnapshot, &config->snapshot);
  section("state", "Bounds of what rules remember.", ReadState, &config->state);
  section("log", "Log lines on standard error.", ReadLog, &config->log);
  section("dead_letter", "What is set aside.", ReadDeadLetter, &config->dead_letter);
  fields->Finish();
}

}  // namespace

ObjectSpec DescribeConfig() {
  Config config;
  return Fields::Describe([&config](Fields* fields) { ReadConfig(fields, &config); });
}

std::string Config::dead_letter_path() const {
  return dead_letter.path.empty() ? data_dir + "/dead-letter.jsonl" : dead_letter.path;
}

ConfigLoad ParseConfig(SourceText source,
                       const std::string& folder,
                       const EnvironmentLookup& environment) {
  ConfigLoad load;
  std::optional<rule::YamlNode> root = rule::ParseYaml(source, &load.diagnostics);
  if (root) {
    FillInVariables(environment, &*root, &load.diagnostics);
    Config config;
    Fields fields(*root, "the configuration", folder, &load.diagnostics);
    ReadConfig(&fields, &config);
    if (!load.diagnostics.has_errors())
      load.config = std::move(config);
  }
  load.source = std::move(source);
  load.source.text = BlankSecrets(std::move(load.source.text));
  return load;
}

ConfigLoad LoadConfig(const std::string& path, const EnvironmentLookup& environment) {
  Result<std::string> bytes = rule::ReadTextFile(path);
  if (bytes) {
    std::string folder = std::filesystem::path(path).parent_path().string();
    return ParseConfig({path, std::move(*bytes), 1, 0}, folder, environment);
  }
  ConfigLoad load;
  load.source.name = path;
  load.diagnostics.Error({}, bytes.error().message());
  return load;
}

}  // namespace keywatch::app
