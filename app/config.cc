#include "app/config.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "app/config_text.h"
#include "app/page/access.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {
namespace {

using rule::FieldReader;
using rule::YamlNode;

constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max();

// Reads the tree section by section into `config_`, whose initial values are the defaults.
class ConfigReader {
 public:
  ConfigReader(const std::string& folder, Diagnostics* diagnostics)
      : folder_(folder), diagnostics_(diagnostics) {}

  Config Read(const YamlNode& root) {
    FieldReader reader(root, "the configuration", diagnostics_);
    if (const YamlNode* version = reader.Require("version")) {
      rule::ReadInteger(*version, "version", 1, 1, diagnostics_);
    }
    if (auto path = reader.Text("data_dir"))
      config_.data_dir = *path;
    config_.data_dir = ResolvePath(folder_, config_.data_dir);
    if (const YamlNode* node = reader.Find("rules"))
      ReadRules(*node);
    if (const YamlNode* node = reader.Find("schema"))
      ReadSchema(*node);
    if (const YamlNode* node = reader.Require("sources"))
      config_.sources = ReadSources(*node, folder_, diagnostics_);
    if (const YamlNode* node = reader.Require("sinks"))
      config_.sinks = ReadSinks(*node, folder_, diagnostics_);
    if (const YamlNode* node = reader.Find("http"))
      ReadHttp(*node);
    if (const YamlNode* node = reader.Find("snapshot"))
      ReadSnapshot(*node);
    if (const YamlNode* node = reader.Find("state"))
      ReadState(*node);
    if (const YamlNode* node = reader.Find("log"))
      ReadLog(*node);
    if (const YamlNode* node = reader.Find("dead_letter"))
      ReadDeadLetter(*node);
    reader.Finish(Severity::kError);
    return std::move(config_);
  }

 private:
  void ReadRules(const YamlNode& node) {
    FieldReader reader(node, "rules", diagnostics_);
    RulesConfig& rules = config_.rules;
    if (reader.Find("paths") != nullptr)
      rules.paths = ReadPaths(&reader, folder_, "paths");
    if (auto which = reader.Name("learning", {"hold", "raise"})) {
      rules.learning = static_cast<Learning>(*which);
    }
    SetField(reader.Duration("allowed_lateness"), &rules.allowed_lateness);
    SetField(reader.Duration("idle_timeout"), &rules.idle_timeout);
    reader.Finish(Severity::kError);
  }

  void ReadSchema(const YamlNode& node) {
    FieldReader reader(node, "schema", diagnostics_);
    config_.schema.tables = ReadPaths(&reader, folder_, "tables");
    reader.Finish(Severity::kError);
  }

  void ReadHttp(const YamlNode& node) {
    FieldReader reader(node, "http", diagnostics_);
    if (const YamlNode* listen = reader.Find("listen")) {
      if (auto address = ReadListenAddress(*listen, diagnostics_)) {
        config_.http.host = address->host;
        config_.http.port = address->port;
      }
    }
    if (const YamlNode* file = reader.Find("token_file"))
      ReadToken(*file);
    reader.Finish(Severity::kError);
  }

  void ReadToken(const YamlNode& file) {
    if (file.scalar.empty())
      return;
    Result<Secret> token = Secret::FromFile(ResolvePath(folder_, file.scalar));
    if (!token) {
      diagnostics_->Error(file.span, token.error().message());
    } else if (token->Reveal().size() < page::kShortestToken) {
      diagnostics_->Error(file.span,
                          fmt::format("token_file: expected a text of at least {} characters in "
                                      "the file, found a shorter one",
                                      page::kShortestToken),
                          "write one: openssl rand -hex 32");
    } else {
      config_.http.token = *token;
    }
  }

  void ReadSnapshot(const YamlNode& node) {
    FieldReader reader(node, "snapshot", diagnostics_);
    SetPositive(&reader, "interval", &config_.snapshot.interval);
    SetField(reader.Integer("keep", 1, 100), &config_.snapshot.keep);
    reader.Finish(Severity::kError);
  }

  void ReadState(const YamlNode& node) {
    FieldReader reader(node, "state", diagnostics_);
    SetField(reader.Integer("max_rows_per_rule", 1, kNoBound), &config_.state.max_rows_per_rule);
    reader.Finish(Severity::kError);
  }

  void ReadLog(const YamlNode& node) {
    FieldReader reader(node, "log", diagnostics_);
    if (auto which = reader.Name("level", {"debug", "info", "warning", "error"})) {
      config_.log.level = static_cast<LogLevel>(*which);
    }
    if (auto which = reader.Name("format", {"text", "json"}))
      config_.log.json = *which == 1;
    reader.Finish(Severity::kError);
  }

  void ReadDeadLetter(const YamlNode& node) {
    FieldReader reader(node, "dead_letter", diagnostics_);
    if (auto path = reader.Text("path"))
      config_.dead_letter.path = ResolvePath(folder_, *path);
    SetField(reader.Size("max_bytes"), &config_.dead_letter.max_bytes);
    reader.Finish(Severity::kError);
  }

  std::string folder_;
  Diagnostics* diagnostics_;
  Config config_;
};

}  // namespace

std::string Config::dead_letter_path() const {
  return dead_letter.path.empty() ? data_dir + "/dead-letter.jsonl" : dead_letter.path;
}

ConfigLoad ParseConfig(SourceText source,
                       const std::string& folder,
                       const EnvironmentLookup& environment) {
  ConfigLoad load;
  std::optional<YamlNode> root = rule::ParseYaml(source, &load.diagnostics);
  if (root) {
    FillInVariables(environment, &*root, &load.diagnostics);
    Config config = ConfigReader(folder, &load.diagnostics).Read(*root);
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
