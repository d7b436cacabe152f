#include "app/commands/demo.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "app/generate/generate_command.h"
#include "app/service.h"

namespace keywatch::app {

int RunDemo(const DemoArguments& arguments) {
  std::string pattern = (std::filesystem::temp_directory_path() / "keywatch-demo-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    fmt::print(stderr, "keywatch: no temporary directory can be made at {}\n", pattern);
    return kExitRuntime;
  }
  const std::string& folder = pattern;
  generate::GenerateArguments traffic;
  traffic.format = "eventhub";
  traffic.output = folder + "/insights-logs-auditevent.json";
  traffic.labels = folder + "/labels.jsonl";
  traffic.records = 20'000;
  int code = generate::RunGenerate(traffic);
  if (code != kExitOk)
    return code;

  Config config;
  config.data_dir = folder + "/data";
  config.rules.paths = arguments.rules;
  config.sources.push_back({"day", FileSourceSettings{{traffic.output}, false}});
  // The day is short, so much in it is new to rules that only inform.
  config.sinks.push_back({"console", ConsoleSinkSettings{}, {{"High", "Medium"}, {}, {}, {}}});
  config.sinks.push_back({"all", FileSinkSettings{folder + "/alerts.jsonl"}});
  size_t colon = arguments.listen.rfind(':');
  config.http.host = arguments.listen.substr(0, colon);
  std::string_view port = std::string_view(arguments.listen).substr(colon + 1);
  if (colon == std::string::npos ||
      std::from_chars(port.data(), port.data() + port.size(), config.http.port).ec != std::errc()) {
    fmt::print(stderr, "keywatch: --listen must be ADDRESS:PORT, found: {}\n", arguments.listen);
    return kExitUsage;
  }
  if (arguments.once)
    config.http.port = 0;
  fmt::print(stderr,
             "A day of Managed HSM and Key Vault traffic after 15 quiet ones: {}\n"
             "What was hidden in it: {}\n"
             "Alerts of severity High and Medium follow; all of them: {}/alerts.jsonl\n",
             traffic.output,
             traffic.labels,
             folder);
  if (!arguments.once) {
    fmt::print(
        stderr,
        "The live page: http://{0}/ ; metrics and health: http://{0}/metrics /healthz /readyz; "
        "Ctrl-C ends.\n",
        arguments.listen);
  }
  ServiceOptions options;
  options.return_when_ended = arguments.once;
  code = RunService(config, options);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return code;
}

}  // namespace keywatch::app
