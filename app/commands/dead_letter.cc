#include "app/commands/dead_letter.h"

#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "app/config.h"
#include "app/service.h"
#include "connectors/file/dead_letter_reader.h"
#include "connectors/file/resent_book.h"
#include "connectors/format/text_limits.h"

namespace keywatch::app {
namespace {

using file::DeadLetter;
using pipeline::DeliveryOutcome;

std::string ResentPath(const Config& config) { return config.dead_letter_path() + ".resent"; }

bool Wanted(const DeadLetterArguments& arguments, const DeadLetter& letter) {
  auto meets = [](const std::string& filter, const std::string& value) {
    return filter.empty() || filter == value;
  };
  return meets(arguments.sink, letter.sink) && meets(arguments.reason, letter.reason) &&
         meets(arguments.id, letter.alert.id) &&
         (arguments.since.empty() || letter.time >= arguments.since);
}

// `since` in the form of the letters, so that texts compare as times do.
bool NormalizeSince(DeadLetterArguments* arguments) {
  if (arguments->since.empty())
    return true;
  std::optional<record::Ticks> since = record::ParseDatetime(arguments->since);
  if (!since)
    return false;
  arguments->since = record::FormatDatetime(*since);
  return true;
}

void Print(const DeadLetter& letter, bool is_resent) {
  std::string line =
      letter.is_alert
          ? fmt::format("{}  {}  {}  {}{}  {}  {}",
                        letter.time,
                        letter.sink,
                        letter.reason,
                        letter.alert.id,
                        letter.alert.ended ? " (end)" : "",
                        letter.alert.severity,
                        letter.title)
          : fmt::format(
                "{}  record  {}  {}:{}", letter.time, letter.reason, letter.origin, letter.offset);
  fmt::print("{}{}\n", format::VisibleLine(line), is_resent ? "  [delivered since]" : "");
  if (!letter.detail.empty())
    fmt::print("    {}\n", format::CutCharacters(format::VisibleLine(letter.detail), 300));
}

// Letters that are to be sent, by sink, in the file's order; the keys of all letters go to `known`.
Result<std::map<std::string, std::vector<DeadLetter>>> Collect(const DeadLetterArguments& arguments,
                                                               const std::string& path,
                                                               std::set<std::string>* known) {
  std::map<std::string, std::vector<DeadLetter>> out;
  uint64_t unreadable = 0;
  Status read = file::ReadDeadLetters(
      path,
      [&](const DeadLetter& letter) {
        if (!letter.is_alert)
          return;
        known->insert(file::ResentKey(letter));
        if (Wanted(arguments, letter))
          out[letter.sink].push_back(letter);
      },
      &unreadable);
  if (!read.ok())
    return read;
  return out;
}

struct Sent {
  int delivered = 0;
  int refused = 0;
  int left = 0;
};

// Until the sink asks for rest.
Status SendAll(const std::vector<DeadLetter>& letters,
               pipeline::Sink* sink,
               file::ResentBook* book,
               Sent* sent) {
  bool rests = false;
  for (const DeadLetter& letter : letters) {
    std::string key = file::ResentKey(letter);
    if (book->Has(key))
      continue;
    if (rests || stop_requested) {
      ++sent->left;
      continue;
    }
    pipeline::DeliveryResult result = sink->Deliver(letter.alert);
    if (result.outcome == DeliveryOutcome::kAccepted) {
      ++sent->delivered;
      KEYWATCH_RETURN_IF_ERROR(book->Add(key));
      continue;
    }
    bool is_refused = result.outcome == DeliveryOutcome::kReject;
    ++(is_refused ? sent->refused : sent->left);
    rests = !is_refused;
    std::fprintf(stderr,
                 "keywatch: sink %s %s alert %s (%s): %s\n",
                 letter.sink.c_str(),
                 is_refused ? "refused" : "did not take",
                 letter.alert.id.c_str(),
                 result.reason.c_str(),
                 format::VisibleLine(result.detail).c_str());
  }
  return {};
}

const SinkConfig* FindSink(const Config& config, const std::string& name) {
  for (const SinkConfig& sink : config.sinks) {
    if (sink.name == name)
      return &sink;
  }
  return nullptr;
}

Result<Sent> SendBySink(const Config& config,
                        const std::map<std::string, std::vector<DeadLetter>>& letters,
                        file::ResentBook* book) {
  Sent sent;
  for (const auto& [name, of_sink] : letters) {
    const SinkConfig* sink_config = FindSink(config, name);
    if (sink_config == nullptr) {
      std::fprintf(stderr,
                   "keywatch: %zu letters are for sink %s, which is not in the configuration any "
                   "more: they are left\n",
                   of_sink.size(),
                   name.c_str());
      sent.left += static_cast<int>(of_sink.size());
      continue;
    }
    Result<std::unique_ptr<pipeline::Sink>> sink = MakeSink(*sink_config);
    if (!sink)
      return InvalidInput("sink " + name + ": " + sink.error().message());
    KEYWATCH_RETURN_IF_ERROR(SendAll(of_sink, sink->get(), book, &sent));
  }
  return sent;
}

}  // namespace

int RunDeadLetterList(const DeadLetterArguments& given) {
  DeadLetterArguments arguments = given;
  if (!NormalizeSince(&arguments))
    return Fail(kExitUsage, "--since: expected a time such as 2026-11-24T10:00:00Z");
  ConfigLoad load = LoadConfig(arguments.config_path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  std::set<std::string> resent = file::ResentBook::Read(ResentPath(*load.config));
  std::map<std::string, int> counts;
  uint64_t unreadable = 0;
  Status read = file::ReadDeadLetters(
      load.config->dead_letter_path(),
      [&](const DeadLetter& letter) {
        bool is_resent = letter.is_alert && resent.contains(file::ResentKey(letter));
        if (!Wanted(arguments, letter) || (!letter.is_alert && !arguments.records) ||
            (is_resent && !arguments.all))
          return;
        ++counts[fmt::format("{} {}", letter.is_alert ? letter.sink : "record", letter.reason)];
        if (arguments.json && letter.is_alert) {
          fmt::print("{}\n", letter.alert.json);
        } else {
          Print(letter, is_resent);
        }
      },
      &unreadable);
  if (!read.ok())
    return Fail(kExitRuntime, read.message());
  std::fprintf(stderr, "%s: ", load.config->dead_letter_path().c_str());
  for (const auto& [what, count] : counts)
    std::fprintf(stderr, "%s: %d; ", what.c_str(), count);
  std::fprintf(stderr,
               "%s\n",
               unreadable > 0   ? fmt::format("{} lines are no letters", unreadable).c_str()
               : counts.empty() ? "no such letters"
                                : "that is all");
  return kExitOk;
}

int RunDeadLetterResend(const DeadLetterArguments& given) {
  DeadLetterArguments arguments = given;
  if (!NormalizeSince(&arguments))
    return Fail(kExitUsage, "--since: expected a time such as 2026-11-24T10:00:00Z");
  ConfigLoad load = LoadConfig(arguments.config_path, ProcessEnvironment);
  std::fputs(Format(load.source, load.diagnostics).c_str(), stderr);
  if (!load.config)
    return kExitConfiguration;
  std::set<std::string> known;
  auto letters = Collect(arguments, load.config->dead_letter_path(), &known);
  if (!letters)
    return Fail(kExitRuntime, letters.error().message());
  if (arguments.dry_run) {
    std::set<std::string> resent = file::ResentBook::Read(ResentPath(*load.config));
    for (const auto& [name, of_sink] : *letters) {
      for (const DeadLetter& letter : of_sink) {
        if (!resent.contains(file::ResentKey(letter)))
          Print(letter, false);
      }
    }
    return kExitOk;
  }
  auto book = file::ResentBook::Open(ResentPath(*load.config), known);
  if (!book)
    return Fail(kExitRuntime, book.error().message());
  Result<Sent> sent = SendBySink(*load.config, *letters, book->get());
  if (!sent)
    return Fail(kExitRuntime, sent.error().message());
  fmt::print(
      "{} delivered, {} refused, {} left for later\n", sent->delivered, sent->refused, sent->left);
  return sent->left > 0 ? kExitRuntime : sent->refused > 0 ? kExitFindings : kExitOk;
}

}  // namespace keywatch::app
