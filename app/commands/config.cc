#include "app/commands/config.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/config.h"
#include "app/config_schema.h"
#include "app/exit_code.h"

namespace keywatch::app {
namespace {

constexpr std::chrono::milliseconds kLimit{10'000};

struct Trial {
  const char* what;
  std::string name;
  Attempt attempt;
};

const char* WordOf(Attempt::Outcome outcome) {
  switch (outcome) {
    case Attempt::Outcome::kOk:
      return "OK";
    case Attempt::Outcome::kFailed:
      return "FAILED";
    case Attempt::Outcome::kNotTried:
      return "NOT TRIED";
  }
  return "";
}

// All at once: together they take no longer than the slowest.
std::vector<Trial> TryAll(const Config& config) {
  std::vector<Trial> trials;
  trials.reserve(config.sources.size() + config.sinks.size());  // threads point into it
  std::vector<std::thread> threads;
  for (const SourceConfig& source : config.sources) {
    Trial& trial = trials.emplace_back(Trial{"source", source.name, {}});
    threads.emplace_back([&] { trial.attempt = TrySource(source, kLimit); });
  }
  for (const SinkConfig& sink : config.sinks) {
    Trial& trial = trials.emplace_back(Trial{"sink", sink.name, {}});
    threads.emplace_back([&] { trial.attempt = TrySink(sink, kLimit); });
  }
  for (std::thread& thread : threads)
    thread.join();
  return trials;
}

int Report(const std::string& path, const std::vector<Trial>& trials) {
  size_t width = 0;
  size_t failed = 0;
  size_t untried = 0;
  for (const Trial& trial : trials) {
    width = std::max(width, trial.name.size());
    failed += trial.attempt.outcome == Attempt::Outcome::kFailed ? 1 : 0;
    untried += trial.attempt.outcome == Attempt::Outcome::kNotTried ? 1 : 0;
  }
  for (const Trial& trial : trials) {
    fmt::print("{:<6}  {:<{}}  {:<9}  {}\n",
               trial.what,
               trial.name,
               width,
               WordOf(trial.attempt.outcome),
               trial.attempt.text);
  }
  fmt::print(
      "{}: {} tried, {} failed, {} not tried\n", path, trials.size() - untried, failed, untried);
  return failed == 0 ? kExitOk : kExitFindings;
}

}  // namespace

int RunConfigCheck(const std::string& path, bool connect) {
  ConfigLoad load = LoadConfig(path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  if (connect)
    return Report(path, TryAll(*load.config));
  fmt::print("{}: ok\n", path);
  return kExitOk;
}

int RunConfigSchema(bool markdown) {
  const ObjectSpec config = DescribeConfig();
  std::fputs((markdown ? ConfigReference(config) : ConfigJsonSchema(config)).c_str(), stdout);
  return kExitOk;
}

}  // namespace keywatch::app
