// `keywatch generate`: writes seeded traffic with labelled attacks.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace keywatch::generate {

struct GenerateArguments {
  uint64_t seed = 1;
  std::string start = "2026-03-02";
  int days = 1;
  int history_days = 15;
  uint64_t records = 100'000;
  uint64_t history_records = 500;
  std::string format = "jsonl";
  std::string output = "-";
  std::string labels;  // "": none are written
  bool no_scenes = false;
  std::string estate;  // "": the imagined company with scenes
  std::string story;   // "": none
  int history_percent = 100;
  double hsm_percent = 60;
  double duplicate_percent = 2;
  double late_percent = 1;
  double disorder_percent = 5;
};

// Adds the command; `arguments` must live as long as `app` parses. The caller looks whether the
// command was given (CLI::App::parsed) and calls RunGenerate.
CLI::App* AddGenerateCommand(CLI::App* app, GenerateArguments* arguments);

// The exit code: 0, 2 for arguments that make no sense, 4 when the output cannot be written.
int RunGenerate(const GenerateArguments& arguments);

}  // namespace keywatch::generate
