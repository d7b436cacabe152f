// Audit records from the storage container that a diagnostic setting writes to: one append blob
// for each resource and hour.
//
// A thread of its own lists (pass_plan.h says which hours), reads what is new (pass_reader.h) and
// hands it over through a short queue; Poll takes from it. Positions are those of blob_book.h.
//
// What stands in the way (no login, refused, throttled, unreachable) shows in Health and is tried
// again, at most a minute apart or when the service says so. A blob that shrank or was replaced is
// read again from its beginning: the pipeline drops what it knows.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connectors/blob/blob_book.h"
#include "connectors/blob/container_list.h"
#include "connectors/blob/pass_plan.h"
#include "connectors/blob/pass_reader.h"
#include "connectors/blob/storage_service.h"
#include "engine/base/metrics.h"
#include "engine/pipeline/io.h"
#include "engine/pipeline/reading_thread.h"

namespace keywatch::blob {

struct BlobOptions {
  std::string name = "blob";
  StorageAccount account;
  LoginKind login = LoginKind::kToken;
  std::string prefix;  // of the names of blobs; "": all
  // A first start begins at `from`, or if that is 0 `history` before now.
  Ticks from = 0;
  Ticks history = kHour;
  PassSettings pass;
  ReadLimits limits;
  std::chrono::milliseconds poll_interval{5'000};
  std::chrono::milliseconds late_interval{
      60'000};                               // between looks at late hours, and for resources
  std::chrono::milliseconds backoff{1'000};  // a first wait; doubled up to a minute
  std::function<Ticks()> now = record::WallNow;
};

class BlobSource : public pipeline::Source {
 public:
  // Reads over as many connections as there are services. `metrics` may be null.
  BlobSource(BlobOptions options,
             std::vector<std::unique_ptr<StorageService>> services,
             MetricRegistry* metrics);
  ~BlobSource() override;

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  void Commit(const pipeline::Positions& /*durable*/) override {}
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;

 private:
  using Clock = pipeline::ReadingThread::Clock;

  // Of the reading thread.
  Clock::time_point Step();
  std::optional<StorageFailure> Discover();
  std::optional<StorageFailure> List(const Pass& pass);
  void NoteListing(const Pass& pass, const std::vector<Listing>& listings);
  void NoteBlob(const ListedBlob& listed, Ticks hour);
  [[nodiscard]] std::vector<ReadItem> ItemsOf(const Pass& pass) const;
  std::optional<StorageFailure> Read(std::vector<ReadItem> items);
  void OnTrouble(const std::string& name, BlobTrouble trouble, const std::string& problem);
  void Close(const Pass& pass);
  Clock::time_point OnFailure(const StorageFailure& failure);
  void HandOver(pipeline::RawBatch batch);
  void CountGap();
  void SetLag(int64_t lag);

  const BlobOptions options_;
  Container container_;
  std::unique_ptr<Lanes> lanes_;

  Counter replaced_;
  Counter shrunk_;
  Counter late_read_;
  Counter late_behind_;
  Gauge open_blobs_;

  // Of the reading thread, once it runs.
  BlobBook book_;
  ResourceCatalog catalog_;
  Ticks service_now_ = 0;  // at `service_seen_`
  Clock::time_point service_seen_;
  Clock::time_point next_look_;  // for late hours and resources
  bool late_due_ = true;
  int failures_ = 0;

  pipeline::ReadingThread thread_;  // last: it uses the others
};

}  // namespace keywatch::blob
