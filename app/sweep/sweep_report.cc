#include "app/sweep/sweep_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace keywatch::app {
namespace {

constexpr size_t kBar = 40;

// The types of entities that the rule maps, in its order, each once.
std::vector<std::string> TypesOf(const rule::Rule& rule) {
  std::vector<std::string> types;
  for (const rule::EntityMapping& mapping : rule.entity_mappings) {
    if (std::find(types.begin(), types.end(), mapping.type) == types.end())
      types.push_back(mapping.type);
  }
  return types;
}

std::string PerDay(const SweptValue& value) {
  return fmt::format("{:.2f}", static_cast<double>(value.tally.alerts()) / value.days);
}

std::string Distinct(size_t count) {
  return count < SweepTally::kMostEntities ? fmt::format("{}", count)
                                           : fmt::format("{} or more", count);
}

std::string FirstNames(const SweptValue& value, const std::string& type) {
  std::vector<std::string> names = value.tally.First(type);
  if (value.tally.Entities(type) > names.size())
    names.emplace_back("..");
  return fmt::format("{}", fmt::join(names, ", "));
}

// Columns as wide as their widest cell; numbers to the right, the last one open.
std::string Table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c)
      widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      bool last = c + 1 == row.size();
      line += last ? row[c] : fmt::format("{:>{}}  ", row[c], widths[c]);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string Bars(const SweepResult& result) {
  uint64_t most = 1;
  size_t width = 0;
  for (const SweptValue& value : result.values) {
    most = std::max(most, value.tally.alerts());
    width = std::max(width, value.value.size());
  }
  std::string out;
  for (const SweptValue& value : result.values) {
    // What is not nothing can be seen.
    const uint64_t alerts = value.tally.alerts();
    const size_t length = static_cast<size_t>((alerts * kBar + most - 1) / most);
    out += fmt::format("{:>{}} |{}{}{}\n",
                       value.value,
                       width,
                       std::string(length, '#'),
                       length == 0 ? "" : " ",
                       alerts);
  }
  return out;
}

// What the numbers do not say by themselves.
std::string Notes(const SweepResult& result) {
  std::string out;
  const SweptValue* evicted = nullptr;
  const SweptValue* learning = nullptr;
  bool written = false;
  for (const SweptValue& value : result.values) {
    written = written || value.written;
    if (value.evictions > 0)
      evicted = &value;
    if (value.learning)
      learning = &value;
  }
  if (written)
    out += "* the value in the file\n";
  if (learning != nullptr) {
    out += fmt::format(
        "The rule compares with a baseline that is covered at {} only: these files end before. "
        "Give "
        "more of them, or --learning raise, which raises against what there is.\n",
        record::FormatDatetimeShort(learning->learning_until));
  } else if (result.values.front().learning_until > result.history.oldest) {
    out += fmt::format("Until {} the rule learned its baseline; per day counts from there.\n",
                       record::FormatDatetimeShort(result.values.front().learning_until));
  }
  if (evicted != nullptr) {
    out += fmt::format(
        "With {} = {} {} groups were given up at the bound of the state: alerts may be missing. "
        "Try "
        "fewer values at a time.\n",
        result.parameter,
        evicted->value,
        evicted->evictions);
  }
  return out;
}

}  // namespace

std::string SweepText(const SweepResult& result) {
  const HistoryTotals& history = result.history;
  std::string out = fmt::format("{}: {}\n", result.rule.path, result.rule.name);
  if (history.rows == 0)
    return out + "no record was read\n";
  out += fmt::format("{} records, {} to {}\n\n",
                     history.rows - history.duplicates,
                     record::FormatDatetimeShort(history.oldest),
                     record::FormatDatetimeShort(history.newest));
  const std::vector<std::string> types = TypesOf(result.rule);
  std::vector<std::vector<std::string>> rows = {{result.parameter, "alerts", "per day"}};
  rows[0].insert(rows[0].end(), types.begin(), types.end());
  if (!types.empty())
    rows[0].push_back("first " + types[0]);
  for (const SweptValue& value : result.values) {
    std::vector<std::string> row = {value.value + (value.written ? "*" : ""),
                                    fmt::format("{}", value.tally.alerts()),
                                    PerDay(value)};
    for (const std::string& type : types)
      row.push_back(Distinct(value.tally.Entities(type)));
    if (!types.empty())
      row.push_back(FirstNames(value, types[0]));
    rows.push_back(std::move(row));
  }
  out += Table(rows) + "\n" + Bars(result);
  const std::string notes = Notes(result);
  return notes.empty() ? out : out + "\n" + notes;
}

std::string SweepJson(const SweepResult& result) {
  using Json = nlohmann::ordered_json;
  const HistoryTotals& history = result.history;
  auto time = [](record::Ticks ticks) {
    return ticks == 0 ? Json() : Json(record::FormatDatetimeShort(ticks));
  };
  const std::vector<std::string> types = TypesOf(result.rule);
  Json values = Json::array();
  for (const SweptValue& value : result.values) {
    Json entities = Json::object();
    for (const std::string& type : types) {
      entities[type] = {{"distinct", value.tally.Entities(type)},
                        {"first", value.tally.First(type)}};
    }
    values.push_back({{"value", value.value},
                      {"in_file", value.written},
                      {"alerts", value.tally.alerts()},
                      {"days", value.days},
                      {"alerts_per_day", static_cast<double>(value.tally.alerts()) / value.days},
                      {"entities", entities},
                      {"learning_until", time(value.learning_until)},
                      {"learning", value.learning},
                      {"groups_given_up", value.evictions}});
  }
  Json out = {
      {"rule", {{"file", result.rule.path}, {"id", result.rule.id}, {"name", result.rule.name}}},
      {"parameter", result.parameter},
      {"history",
       {{"records", history.rows - history.duplicates},
        {"first", time(history.oldest)},
        {"last", time(history.newest)}}},
      {"values", values}};
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace keywatch::app
