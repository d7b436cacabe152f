#include "app/commands/coverage.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/active_rules.h"
#include "app/coverage/coverage.h"
#include "app/service.h"
#include "connectors/file/file_source.h"

namespace keywatch::app {
namespace {

std::string FileName(const rule::Rule& rule) {
  return std::filesystem::path(rule.path).stem().string();
}

std::string WatchText(const OperationCoverage& operation,
                      const std::vector<rule::CompiledRule>& rules) {
  std::vector<std::string> names;
  for (const auto& [rule, watch] : operation.rules) {
    names.push_back(FileName(rules[rule].rule) + (watch.done ? "" : " (when refused)"));
  }
  return names.empty() ? "-" : fmt::format("{}", fmt::join(names, ", "));
}

// Counts the records of the files by kind of service and operation; false after a message.
bool CountOperations(const std::vector<std::string>& files,
                     std::map<std::pair<bool, std::string>, uint64_t>* seen) {
  const record::Table* table = record::SchemaCatalog::Builtin().Find("AzureDiagnostics");
  record::BatchLayout layout;
  auto add = [&](std::string_view name) {
    auto column = std::find_if(table->columns.begin(), table->columns.end(), [&](const auto& c) {
      return c.name == name;
    });
    return layout.Add(*table, *column);
  };
  size_t operation = add("OperationName");
  size_t type = add("ResourceType");
  decode::JsonDecoder decoder(layout);
  auto source = file::MakeReplaySource({"coverage", files, {}});
  if (Status opened = source->Open({}); !opened.ok()) {
    fmt::print(stderr, "keywatch: {}\n", opened.message());
    return false;
  }
  record::RecordBatch rows;
  for (bool reading = true; reading && !stop_requested;) {
    Result<pipeline::RawBatch> batch = source->Poll(std::chrono::milliseconds(100));
    if (!batch) {
      fmt::print(stderr, "keywatch: {}\n", batch.error().message());
      return false;
    }
    for (size_t next = 0; next < batch->messages.size();) {
      decoder.Decode(*batch, &next, &rows, [](const pipeline::RejectedRecord&) {});
      for (size_t row = 0; row < rows.rows; ++row) {
        bool hsm = record::CellValue(rows.columns[type], row).string() == "MANAGEDHSMS";
        ++(*seen)[{hsm, record::CellValue(rows.columns[operation], row).string()}];
      }
    }
    reading = !batch->end;
  }
  return true;
}

}  // namespace

int RunRulesCoverage(const CoverageArguments& arguments) {
  ActiveRules rules = LoadActiveRules(arguments.rules, record::SchemaCatalog::Builtin());
  if (rules.active.empty()) {
    std::fputs("keywatch: no rule could be loaded; name rule files or folders\n", stderr);
    return kExitUsage;
  }
  CoverageProbe probe(rules.active);
  Coverage coverage = probe.Known();
  std::map<std::pair<bool, std::string>, uint64_t> seen;
  if (!arguments.files.empty() && !CountOperations(arguments.files, &seen))
    return kExitUsage;
  for (OperationCoverage& operation : coverage.operations) {
    auto found = seen.find({operation.hsm, operation.name});
    if (found == seen.end())
      continue;
    operation.seen = found->second;
    seen.erase(found);
  }
  for (const auto& [key, count] : seen) {
    OperationCoverage operation = probe.Seen(key.second, key.first);
    operation.seen = count;
    coverage.operations.push_back(std::move(operation));
  }
  size_t unwatched = 0;
  std::string group = "-";
  for (const OperationCoverage& operation : coverage.operations) {
    if (operation.group != group) {
      group = operation.group;
      fmt::print("\n{}\n", group.empty() ? "seen, but not known" : group);
    }
    fmt::print("  {:<46} {:<5} {:>9}  {}\n",
               operation.name + (operation.inferred ? "?" : ""),
               operation.hsm ? "HSM" : "vault",
               arguments.files.empty() ? "" : std::to_string(operation.seen),
               WatchText(operation, rules.active));
    unwatched += operation.rules.empty() ? 1 : 0;
  }
  fmt::print("\nwhatever the operation:");
  for (size_t rule : coverage.general)
    fmt::print(" {}", FileName(rules.active[rule].rule));
  fmt::print("\n{} operations, {} that no rule names; `?`: the name is inferred, not documented\n",
             coverage.operations.size(),
             unwatched);
  return rules.rejected == 0 ? kExitOk : kExitUsage;
}

}  // namespace keywatch::app
