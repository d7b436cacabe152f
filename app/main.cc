// Arguments -> command.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/commands/config.h"
#include "app/commands/coverage.h"
#include "app/commands/dead_letter.h"
#include "app/commands/demo.h"
#include "app/commands/replay.h"
#include "app/commands/rules.h"
#include "app/commands/rules_docs.h"
#include "app/commands/rules_sweep.h"
#include "app/commands/seed.h"
#include "app/commands/sinks.h"
#include "app/config.h"
#include "app/generate/generate_command.h"
#include "app/service.h"
#include "app/version.h"
#include "connectors/http/probe.h"
#include "engine/base/log.h"

namespace keywatch::app {
namespace {

int RunLive(const std::string& path) {
  ConfigLoad load = LoadConfig(path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  ConfigureLog(load.config->log.level, load.config->log.json);
  return RunService(*load.config, {});
}

struct ConfigCommands {
  CLI::App* check = nullptr;
  CLI::App* schema = nullptr;
  bool connect = false;
  bool markdown = false;
};

void AddConfigCommands(CLI::App* app, std::string* config_path, ConfigCommands* out) {
  CLI::App* config =
      app->add_subcommand("config", "Check a configuration file; describe its keys.");
  config->require_subcommand(1);
  out->check = config->add_subcommand("check", "Say what is wrong with it.");
  out->check->add_option("file", *config_path, "The file.")->required();
  out->check->add_flag("--connect",
                       out->connect,
                       "Also try each source and sink; nothing is read, nothing is sent.");
  out->schema = config->add_subcommand("schema", "Print the JSON Schema of configuration files.");
  out->schema->add_flag("--markdown", out->markdown, "Print docs/configuration.md instead.");
}

struct SinkCommands {
  CLI::App* test = nullptr;
  CLI::App* list = nullptr;
  CLI::App* resend = nullptr;
  std::string sink_name;
  std::string severity = "Informational";
  DeadLetterArguments letters;
};

void AddSinkCommands(CLI::App* app, std::string* config_path, SinkCommands* out) {
  CLI::App* sinks = app->add_subcommand("sinks", "Try the sinks of a configuration.");
  sinks->require_subcommand(1);
  out->test = sinks->add_subcommand("test", "Send a marked test alert, and say what was answered.");
  out->test->add_option("name", out->sink_name, "The sink's name.")->required();
  out->test->add_option("--severity", out->severity, "Of the test alert.")
      ->check(CLI::IsMember({"Informational", "Low", "Medium", "High"}));
  CLI::App* letters = app->add_subcommand("deadletter", "Look at dead letters; send alerts again.");
  letters->require_subcommand(1);
  out->list = letters->add_subcommand("list", "Print what is in the dead-letter file.");
  out->resend = letters->add_subcommand("resend", "Deliver alerts that were given up.");
  out->list->add_flag("--records", out->letters.records, "Also records that could not be read.");
  out->list->add_flag("--json", out->letters.json, "The alerts as JSON Lines.");
  out->list->add_flag("--all", out->letters.all, "Also alerts that were delivered since.");
  out->resend->add_flag("--dry-run", out->letters.dry_run, "Only print what would be sent.");
  for (CLI::App* command : {out->list, out->resend}) {
    command->add_option("--sink", out->letters.sink, "Only letters for this sink.");
    command->add_option("--reason", out->letters.reason, "Only letters with this reason.");
    command->add_option("--id", out->letters.id, "Only letters about this alert.");
    command->add_option("--since", out->letters.since, "Only letters from this time on.");
  }
  for (CLI::App* command : {out->test, out->list, out->resend})
    command->add_option("--config", *config_path, "Configuration file (YAML).")->required();
}

void AddLearningOption(CLI::App* command, std::string* learning) {
  command
      ->add_option("--learning",
                   *learning,
                   "hold: rules against a baseline raise nothing until it is covered; raise.")
      ->check(CLI::IsMember({"hold", "raise"}));
}

struct ReplayCommand {
  CLI::App* command = nullptr;
  ReplayArguments arguments;
  std::string config_path;
  std::string learning = "hold";
  bool seed = false;
};

void AddReplayCommand(CLI::App* app, ReplayCommand* out) {
  out->command = app->add_subcommand("replay", "Evaluate files in event time.");
  out->command->add_option("files,--from", out->arguments.files, "Files, globs or folders.")
      ->required();
  CLI::Option* rules =
      out->command->add_option("--rules", out->arguments.rules, "Rule files or folders.");
  out->command->add_option("--format", out->arguments.format, "table or jsonl.")
      ->check(CLI::IsMember({"table", "jsonl"}));
  AddLearningOption(out->command, &out->learning);
  CLI::Option* config = out->command->add_option(
      "--config", out->config_path, "With --seed: the configuration of the service.");
  out->command
      ->add_flag("--seed",
                 out->seed,
                 "Raise nothing; write the state that `run` then begins with, baselines filled.")
      ->needs(config)
      ->excludes(rules);
}

int RunReplayOrSeed(ReplayCommand replay) {
  if (replay.seed)
    return RunSeed({replay.config_path, replay.arguments.files});
  replay.arguments.raise_while_learning = replay.learning == "raise";
  return RunReplay(replay.arguments);
}

int Main(int argc, char** argv) {
  CLI::App app("Real-time detection for Azure Managed HSM and Key Vault audit logs.", "keywatch");
  app.require_subcommand(1);

  std::string config_path;
  CLI::App* run = app.add_subcommand("run", "Run the service.");
  run->add_option("--config", config_path, "Configuration file (YAML).")->required();

  ReplayCommand replay;
  AddReplayCommand(&app, &replay);

  CLI::App* rules = app.add_subcommand("rules", "Check and test rule files.");
  rules->require_subcommand(1);
  std::vector<std::string> rule_paths;
  CLI::App* check = rules->add_subcommand("check", "Say of each rule file whether it loads.");
  CLI::App* test = rules->add_subcommand("test", "Run *.test.yaml files.");
  for (CLI::App* command : {check, test}) {
    command->add_option("paths", rule_paths, "Files or folders.")->required();
  }
  std::vector<std::string> watchlists;
  for (CLI::App* command : {replay.command, check, test}) {
    command
        ->add_option("--watchlists", watchlists, "A folder with the site's watchlists; repeatable.")
        ->allow_extra_args(false);
  }
  CoverageArguments coverage_arguments;
  CLI::App* coverage = rules->add_subcommand(
      "coverage", "Which rules watch which operation, and what none watches.");
  coverage->add_option("--rules", coverage_arguments.rules, "Rule files or folders.")
      ->required()
      ->allow_extra_args(false);
  coverage->add_option("files", coverage_arguments.files, "Records whose operations are counted.");

  RulesDocsArguments docs_arguments;
  CLI::App* docs = rules->add_subcommand("docs", "Print a page in Markdown about the rules.");
  docs->add_option("rules", docs_arguments.rules, "Rule files or folders.")->required();
  docs->add_option("--page", docs_arguments.page, "Where the page will lie: links begin there.");
  docs->add_flag(
      "--navigator", docs_arguments.navigator, "Print a layer for the ATT&CK Navigator instead.");

  RulesSweepArguments sweep_arguments;
  std::string sweep_learning = "hold";
  CLI::App* sweep = rules->add_subcommand(
      "sweep", "What other values of a rule's parameter would have raised on these files.");
  sweep->add_option("rule", sweep_arguments.rule, "The rule file.")->required();
  sweep->add_option("files", sweep_arguments.files, "Records: files, globs or folders.")
      ->required();
  sweep
      ->add_option("--param",
                   sweep_arguments.param,
                   "NAME=5..50, NAME=5..50:5, NAME=10m..2h:10m or NAME=5,10,20.")
      ->required();
  sweep->add_option("--format", sweep_arguments.format, "table or json.")
      ->check(CLI::IsMember({"table", "json"}));
  AddLearningOption(sweep, &sweep_learning);

  ConfigCommands config_commands;
  AddConfigCommands(&app, &config_path, &config_commands);

  SinkCommands sink_commands;
  AddSinkCommands(&app, &config_path, &sink_commands);

  generate::GenerateArguments generate_arguments;
  CLI::App* generate = generate::AddGenerateCommand(&app, &generate_arguments);

  DemoArguments demo_arguments;
  CLI::App* demo = app.add_subcommand("demo", "A generated day with attacks, without any set-up.");
  demo->add_flag("--once", demo_arguments.once, "End after the day.");
  demo->add_option("--rules", demo_arguments.rules, "Rule files or folders.");
  demo->add_option("--listen", demo_arguments.listen, "Address and port of the HTTP page.");

  std::string health_url = "http://127.0.0.1:9464/healthz";
  CLI::App* healthcheck = app.add_subcommand(
      "healthcheck", "Ask a running keywatch whether it is alive (for containers).");
  healthcheck->add_option("url", health_url, "Its /healthz or /readyz.");
  CLI::App* version = app.add_subcommand("version", "Print the version.");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  CatchStopSignals();
  if (run->parsed())
    return RunLive(config_path);
  replay.arguments.watchlists = watchlists;
  if (replay.command->parsed())
    return RunReplayOrSeed(std::move(replay));
  if (check->parsed())
    return RunRulesCheck(rule_paths, watchlists);
  if (test->parsed())
    return RunRulesTest(rule_paths, watchlists);
  if (coverage->parsed())
    return RunRulesCoverage(coverage_arguments);
  sweep_arguments.raise_while_learning = sweep_learning == "raise";
  if (sweep->parsed())
    return RunRulesSweep(sweep_arguments);
  if (docs->parsed())
    return RunRulesDocs(docs_arguments);
  if (config_commands.check->parsed())
    return RunConfigCheck(config_path, config_commands.connect);
  if (config_commands.schema->parsed())
    return RunConfigSchema(config_commands.markdown);
  sink_commands.letters.config_path = config_path;
  if (sink_commands.test->parsed())
    return RunSinksTest(config_path, sink_commands.sink_name, sink_commands.severity);
  if (sink_commands.list->parsed())
    return RunDeadLetterList(sink_commands.letters);
  if (sink_commands.resend->parsed())
    return RunDeadLetterResend(sink_commands.letters);
  if (generate->parsed())
    return generate::RunGenerate(generate_arguments);
  if (demo->parsed())
    return RunDemo(demo_arguments);
  if (healthcheck->parsed())
    return http::ProbeUrl(health_url) == 200 ? kExitOk : kExitRuntime;
  if (version->parsed())
    fmt::print("keywatch {}\n", kVersion);
  return kExitOk;
}

}  // namespace
}  // namespace keywatch::app

int main(int argc, char** argv) { return keywatch::app::Main(argc, argv); }
