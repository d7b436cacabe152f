// The configuration file as a value: keys, defaults, and every mistake in the file at once.
//
// YAML with `version: 1`. An unknown key is an error that names the nearest one. In texts `${NAME}`
// is an environment variable (an error if it is not set), `${NAME:-text}` has a default, `$$` is a
// dollar sign. Secrets come from the environment or from files and never appear in messages.
// Relative paths are taken from the folder of the configuration file. deploy/config.example.yaml
// shows every key with its default.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/connectors/registry.h"
#include "engine/base/diagnostics.h"
#include "engine/base/log.h"
#include "engine/base/secret.h"
#include "engine/record/time.h"

namespace keywatch::app {

enum class Learning {
  kHold,   // a rule against a baseline raises nothing until records cover the baseline's window
  kRaise,  // it raises at once, as Sentinel would
};

struct RulesConfig {
  std::vector<std::string> paths = {"/etc/keywatch/rules"};
  std::vector<std::string> watchlists;  // folders of the site; their lists stand before the others
  Learning learning = Learning::kHold;
  Ticks allowed_lateness = 15 * record::kTicksPerMinute;
  // With no record for so long, the watermark goes on with the wall clock; 0: never.
  Ticks idle_timeout = 5 * record::kTicksPerMinute;

  bool operator==(const RulesConfig&) const = default;
};

struct SchemaConfig {
  std::vector<std::string> tables;  // CSV files; the file's stem names the table

  bool operator==(const SchemaConfig&) const = default;
};

struct HttpConfig {
  std::string host = "127.0.0.1";
  int port = 9464;  // 0: any free one
  Secret token;     // who shows it may see the page; empty: none, and only loopback may

  bool operator==(const HttpConfig&) const = default;
};

struct SnapshotConfig {
  Ticks interval = 10 * record::kTicksPerSecond;
  int keep = 3;

  bool operator==(const SnapshotConfig&) const = default;
};

struct StateConfig {
  int64_t max_rows_per_rule = 1'000'000;

  bool operator==(const StateConfig&) const = default;
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  bool json = false;

  bool operator==(const LogConfig&) const = default;
};

struct DeadLetterConfig {
  std::string path;  // "": dead-letter.jsonl in data_dir
  int64_t max_bytes = int64_t{256} << 20;

  bool operator==(const DeadLetterConfig&) const = default;
};

struct Config {
  std::string data_dir = "/var/lib/keywatch";
  RulesConfig rules;
  SchemaConfig schema;
  std::vector<SourceConfig> sources;
  std::vector<SinkConfig> sinks;
  HttpConfig http;
  SnapshotConfig snapshot;
  StateConfig state;
  LogConfig log;
  DeadLetterConfig dead_letter;

  bool operator==(const Config&) const = default;

  [[nodiscard]] std::string dead_letter_path() const;
};

// The keys that ParseConfig() reads, declared by the code that reads them.
ObjectSpec DescribeConfig();

using EnvironmentLookup = std::function<std::optional<std::string>(std::string_view name)>;
// The environment of this process.
std::optional<std::string> ProcessEnvironment(std::string_view name);

struct ConfigLoad {
  std::optional<Config> config;  // present exactly if there is no error
  Diagnostics diagnostics;       // spans index into `source`
  SourceText source;             // the file; inline secrets blanked out, so that it can be shown
};

// `folder` is where relative paths begin.
ConfigLoad ParseConfig(SourceText source,
                       const std::string& folder,
                       const EnvironmentLookup& environment);
ConfigLoad LoadConfig(const std::string& path, const EnvironmentLookup& environment);

}  // namespace keywatch::app
