// Writes snapshots to disk beside the thread that evaluates: that one only encodes the state, which
// takes a few milliseconds a megabyte; the fsync, which may take a hundred, is waited for
// elsewhere. One snapshot at a time; the caller keeps what it will commit once the snapshot is on
// disk.
//
// All calls from one thread.
#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/pipeline/io.h"

namespace keywatch::pipeline {

using SnapshotSections = std::vector<std::pair<std::string, std::string>>;

class SnapshotWriter {
 public:
  struct Written {
    Status status;                     // ok: on disk
    std::vector<Positions> positions;  // as given
    size_t bytes = 0;
    record::Ticks begun = 0;  // wall time
  };

  SnapshotWriter(std::string data_dir, int snapshots_kept)
      : data_dir_(std::move(data_dir)), kept_(snapshots_kept) {}

  [[nodiscard]] bool busy() const { return under_way_.has_value(); }
  // Not while busy. `before` runs first; if it fails, nothing is written. It is called by another
  // thread.
  void Begin(SnapshotSections sections,
             std::vector<Positions> positions,
             std::function<Status()> before);
  // The snapshot under way, if it is done by now.
  std::optional<Written> Take();
  // The snapshot under way, waited for; null if there is none.
  std::optional<Written> Wait();

 private:
  struct UnderWay {
    Written result;
    std::future<Status> status;
  };

  std::string data_dir_;
  int kept_;
  std::optional<UnderWay> under_way_;
};

}  // namespace keywatch::pipeline
