#include "app/history/history.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "connectors/decode/json_decoder.h"
#include "connectors/file/file_source.h"
#include "engine/pipeline/duplicates.h"

namespace keywatch::app {
namespace {

// A progress bar on stderr, when that is a terminal.
class Progress {
 public:
  void Show(const file::ReplayProgress& progress) {
    if (!terminal_ || progress.bytes == 0)
      return;
    auto percent = static_cast<int>(100 * progress.bytes_read / progress.bytes);
    if (percent == shown_)
      return;
    shown_ = percent;
    std::string bar(static_cast<size_t>(percent) / 4, '#');
    std::fprintf(stderr, "\r[%-25s] %3d%% ", bar.c_str(), percent);
  }
  ~Progress() {
    if (terminal_ && shown_ >= 0)
      std::fprintf(stderr, "\r%40s\r", "");
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) != 0;
  int shown_ = -1;
};

void CountRejected(const pipeline::RejectedRecord& record, HistoryTotals* totals) {
  ++totals->set_aside[record.reason];
  if (!totals->first_set_aside.empty())
    return;
  totals->first_set_aside = fmt::format("{} byte {}: {}: {}",
                                        record.origin,
                                        record.offset + static_cast<int64_t>(record.byte_position),
                                        record.reason,
                                        record.detail);
}

void CountTimes(const record::RecordBatch& rows, HistoryTotals* totals) {
  for (record::Ticks time : rows.event_time) {
    totals->oldest = totals->oldest == 0 ? time : std::min(totals->oldest, time);
    totals->newest = std::max(totals->newest, time);
  }
}

}  // namespace

Result<HistoryTotals> ReadHistory(const std::vector<std::string>& files,
                                  bool to_the_end,
                                  const std::atomic<bool>& stop,
                                  pipeline::RuleEngine* engine,
                                  const TakeAlerts& take) {
  HistoryTotals totals;
  decode::JsonDecoder decoder(engine->layout());
  pipeline::Duplicates duplicates(engine->settings().lateness);
  auto source = file::MakeReplaySource({"replay", files, {}});
  KEYWATCH_RETURN_IF_ERROR(source->Open({}));
  Progress progress;
  record::RecordBatch rows;
  std::vector<bool> fresh;
  auto reject = [&](const pipeline::RejectedRecord& record) { CountRejected(record, &totals); };
  bool reading = true;
  while (reading && !totals.stopped) {
    Result<pipeline::RawBatch> batch = source->Poll(std::chrono::milliseconds(100));
    if (!batch)
      return batch.error();
    size_t next = 0;
    while (next < batch->messages.size() && !totals.stopped) {
      decoder.Decode(*batch, &next, &rows, reject);
      duplicates.Mark(rows, &fresh);
      CountTimes(rows, &totals);
      std::vector<alert::Alert> alerts;
      engine->Process(rows, fresh, &alerts);
      totals.stopped = !take(std::move(alerts));
    }
    reading = !batch->end;
    totals.stopped = totals.stopped || stop;
    progress.Show(source->Progress());
  }
  if (to_the_end && !totals.stopped) {
    std::vector<alert::Alert> alerts;
    engine->AdvanceTo(engine->newest() + engine->settings().lateness, &alerts);
    totals.stopped = !take(std::move(alerts));
  }
  totals.rows = decoder.stats().rows;
  totals.other_category = decoder.stats().other_category;
  totals.duplicates = duplicates.seen();
  totals.damaged = source->Progress().damaged;
  return totals;
}

std::string Summary(const HistoryTotals& totals) {
  uint64_t aside = 0;
  for (const auto& [reason, count] : totals.set_aside)
    aside += count;
  std::string out;
  for (const std::string& damage : totals.damaged)
    out += fmt::format("keywatch: {}\n", damage);
  out += fmt::format(
      "{} records read, {} of them seen before; {} of other categories skipped; {} set aside\n",
      totals.rows,
      totals.duplicates,
      totals.other_category,
      aside);
  for (const auto& [reason, count] : totals.set_aside)
    out += fmt::format("  set aside: {} {}\n", count, reason);
  if (!totals.first_set_aside.empty())
    out += fmt::format("  the first: {}\n", totals.first_set_aside);
  return out;
}

}  // namespace keywatch::app
