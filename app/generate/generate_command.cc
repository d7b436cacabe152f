#include "app/generate/generate_command.h"

#include <cmath>
#include <cstdio>

#include <fmt/core.h>

#include "app/generate/estate.h"
#include "app/generate/output.h"
#include "app/generate/play_story.h"
#include "app/generate/story.h"
#include "app/generate/traffic.h"

namespace keywatch::generate {

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitFailure = 4;

int Complain(int code, const std::string& message) {
  fmt::print(stderr, "keywatch generate: {}\n", message);
  return code;
}

uint64_t PerMille(double percent) { return static_cast<uint64_t>(std::llround(percent * 10)); }

template <class Named>
std::string NamesOf(const std::vector<Named>& all) {
  std::string names;
  for (const Named& one : all)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one.name);
  return names;
}

std::string NamesOfEstatesFor(const Story& story) {
  std::string names;
  for (const Estate& estate : Estates()) {
    if (CanPlay(estate, story))
      names += fmt::format("{}{}", names.empty() ? "" : ", ", estate.name);
  }
  return names;
}

void PrintStories() {
  for (const Story& story : Stories())
    fmt::print("{} ({})\n    {}\n", story.name, NamesOfEstatesFor(story), story.text);
}

// A story without an estate plays in the first one that can show it.
Status ChooseEstate(const GenerateArguments& arguments, TrafficOptions* options) {
  if (!arguments.story.empty()) {
    options->story = FindStory(arguments.story);
    if (options->story == nullptr) {
      return InvalidInput(fmt::format("there is no story {}; --story list tells of them all: {}",
                                      arguments.story,
                                      NamesOf(Stories())));
    }
    for (const Estate& estate : Estates()) {
      if (options->estate == nullptr && CanPlay(estate, *options->story))
        options->estate = &estate;
    }
  }
  if (!arguments.estate.empty()) {
    options->estate = FindEstate(arguments.estate);
    if (options->estate == nullptr) {
      return InvalidInput(fmt::format(
          "there is no estate {}; expected one of {}", arguments.estate, NamesOf(Estates())));
    }
  }
  return {};
}

Result<TrafficOptions> OptionsOf(const GenerateArguments& arguments) {
  std::optional<record::Ticks> start = record::ParseIsoDatetime(arguments.start);
  if (!start) {
    return InvalidInput(
        fmt::format("expected a day for --start, as in 2026-03-02, found {}", arguments.start));
  }
  TrafficOptions options;
  options.seed = arguments.seed;
  options.start = *start;
  options.days = arguments.days;
  options.history_days = arguments.history_days;
  options.records = arguments.records;
  options.history_records = arguments.history_records;
  options.scenes = !arguments.no_scenes;
  options.history_percent = static_cast<uint64_t>(arguments.history_percent);
  KEYWATCH_RETURN_IF_ERROR(ChooseEstate(arguments, &options));
  options.hsm_per_mille = PerMille(arguments.hsm_percent);
  options.duplicate_per_mille = PerMille(arguments.duplicate_percent);
  options.late_per_mille = PerMille(arguments.late_percent);
  options.disorder_per_mille = PerMille(arguments.disorder_percent);
  return options;
}

}  // namespace

CLI::App* AddGenerateCommand(CLI::App* app, GenerateArguments* arguments) {
  CLI::App* command =
      app->add_subcommand("generate", "Write seeded AuditEvent traffic with labelled attacks");
  command->add_option("--seed", arguments->seed, "The same seed gives the same bytes")
      ->capture_default_str();
  command->add_option("--start", arguments->start, "First day that counts (UTC)")
      ->capture_default_str();
  command->add_option("--days", arguments->days, "Days that count")->capture_default_str();
  command
      ->add_option("--history-days",
                   arguments->history_days,
                   "Days of thin history before, for rules with a baseline")
      ->capture_default_str();
  command
      ->add_option("--records",
                   arguments->records,
                   "Records of everyday use in the days that count; routines, scenes and "
                   "duplicates come on top")
      ->capture_default_str();
  command
      ->add_option(
          "--history-records", arguments->history_records, "The same for each day of history")
      ->capture_default_str();
  command
      ->add_option("--format",
                   arguments->format,
                   "jsonl: one record a line; eventhub: one message a line, {\"records\":[..]}")
      ->check(CLI::IsMember({"jsonl", "eventhub"}))
      ->capture_default_str();
  command
      ->add_option("-o,--output", arguments->output, "File for the records, - for standard output")
      ->capture_default_str();
  command->add_option(
      "--labels", arguments->labels, "File for the labels of attacks and lookalikes, JSON Lines");
  command->add_flag("--no-scenes", arguments->no_scenes, "No attacks and no lookalikes");
  command->add_option("--estate",
                      arguments->estate,
                      "small, bank or saas: honest days of this estate, without scenes; how many "
                      "records follows from it");
  command->add_option("--story",
                      arguments->story,
                      "An attack on the first day that counts, in the estate; list: names and what "
                      "happens");
  command
      ->add_option("--history-percent",
                   arguments->history_percent,
                   "How much of an estate's requests its days of history have; jobs stay whole")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  CLI::Range percent(0.0, 100.0);
  command->add_option("--hsm-percent", arguments->hsm_percent, "Managed HSM's part of everyday use")
      ->check(percent)
      ->capture_default_str();
  command
      ->add_option(
          "--duplicate-percent", arguments->duplicate_percent, "Records that are delivered twice")
      ->check(percent)
      ->capture_default_str();
  command
      ->add_option(
          "--late-percent", arguments->late_percent, "Records that come up to 10 minutes late")
      ->check(percent)
      ->capture_default_str();
  command
      ->add_option("--disorder-percent",
                   arguments->disorder_percent,
                   "Records that come up to 3 seconds late")
      ->check(percent)
      ->capture_default_str();
  return command;
}

int RunGenerate(const GenerateArguments& arguments) {
  if (arguments.story == "list") {
    PrintStories();
    return 0;
  }
  Result<TrafficOptions> options = OptionsOf(arguments);
  if (!options)
    return Complain(kExitUsage, options.error().message());
  OutputFile records;
  Status opened = records.Open(arguments.output);
  OutputFile labels;
  if (opened.ok() && !arguments.labels.empty())
    opened = labels.Open(arguments.labels);
  if (!opened.ok())
    return Complain(kExitFailure, opened.message());

  RecordOutput output(
      &records,
      arguments.format == "eventhub" ? OutputFormat::kEventHub : OutputFormat::kJsonLines,
      arguments.seed);
  TrafficSinks sinks;
  sinks.record = [&output](std::string_view record) { return output.Add(record); };
  sinks.label = [&](const Label& label) {
    if (!arguments.labels.empty())
      labels.Write(LabelJson(label) + "\n");
  };
  Result<TrafficCounts> counts = GenerateTraffic(*options, sinks);
  if (!counts)
    return Complain(kExitUsage, counts.error().message());
  output.Finish();
  for (OutputFile* file : {&records, &labels}) {
    Status closed = file->Close();
    if (!closed.ok())
      return Complain(kExitFailure, closed.message());
  }
  fmt::print(stderr,
             "generated {} records ({} of them delivered again, {} late) and {} labels\n",
             counts->records,
             counts->duplicates,
             counts->late,
             counts->labels);
  return 0;
}

}  // namespace keywatch::generate
