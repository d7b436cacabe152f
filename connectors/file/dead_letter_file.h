// What could not be read, and what could not be delivered, kept as JSON Lines
// (docs/formats/dead_letter.md) for people to look at and to play again.
//
// Bounded: at `most_bytes` the file becomes `path`.1, over the one before, whose lines are then
// gone; they are counted in keywatch_dlq_discarded_total. Dead alerts, unlike records, also stay in
// the outbox as long as its history reaches.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/file/line_file.h"
#include "engine/base/metrics.h"
#include "engine/pipeline/delivery.h"
#include "engine/pipeline/io.h"

namespace keywatch::file {

struct DeadLetterOptions {
  std::string path;
  uint64_t most_bytes = 64 << 20;
  size_t most_record_bytes = 1 << 20;  // of one message; the rest is cut off and said
  std::vector<std::string> reasons;    // of rejected records: label values known at start
};

class DeadLetterFile : public pipeline::DeadLetters {
 public:
  static Result<std::unique_ptr<DeadLetterFile>> Make(DeadLetterOptions options,
                                                      MetricRegistry* metrics);

  // Counts and appends a record that was set aside. An error says that it is not in the file; the
  // caller must not let its source position pass.
  Status AddRecord(const pipeline::RejectedRecord& rejected);
  // Returns when all records added so far are on disk: call it before a snapshot.
  Status Sync();

  Status AddAlert(const pipeline::DeadAlert& dead) override;

 private:
  DeadLetterFile(DeadLetterOptions options, MetricRegistry* metrics);
  Status Append(const std::string& line);

  const DeadLetterOptions options_;
  std::map<std::string, Counter, std::less<>> records_;  // by reason
  Counter discarded_;
  Counter failures_;

  std::mutex mutex_;
  LineFile file_;                // guarded by mutex_
  uint64_t lines_ = 0;           // guarded by mutex_: in the file
  uint64_t previous_lines_ = 0;  // guarded by mutex_: in the file before
};

}  // namespace keywatch::file
