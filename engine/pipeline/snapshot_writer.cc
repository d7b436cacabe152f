#include "engine/pipeline/snapshot_writer.h"

#include "engine/state/snapshot_file.h"

namespace keywatch::pipeline {
namespace {

Status Write(const std::string& data_dir, int kept, const SnapshotSections& sections) {
  std::vector<state::SectionView> views;
  for (const auto& [name, content] : sections)
    views.push_back({name, content});
  Result<uint64_t> written = state::WriteSnapshot(data_dir, views, kept);
  return written ? Status() : written.error();
}

}  // namespace

void SnapshotWriter::Begin(SnapshotSections sections,
                           std::vector<Positions> positions,
                           std::function<Status()> before) {
  UnderWay under_way;
  under_way.result.positions = std::move(positions);
  under_way.result.begun = record::WallNow();
  for (const auto& [name, content] : sections)
    under_way.result.bytes += content.size();
  under_way.status =
      std::async(std::launch::async,
                 [this, sections = std::move(sections), before = std::move(before)]() -> Status {
                   KEYWATCH_RETURN_IF_ERROR(before());
                   return Write(data_dir_, kept_, sections);
                 });
  under_way_ = std::move(under_way);
}

std::optional<SnapshotWriter::Written> SnapshotWriter::Take() {
  if (!busy() || under_way_->status.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return std::nullopt;
  return Wait();
}

std::optional<SnapshotWriter::Written> SnapshotWriter::Wait() {
  if (!busy())
    return std::nullopt;
  Written written = std::move(under_way_->result);
  written.status = under_way_->status.get();
  under_way_.reset();
  return written;
}

}  // namespace keywatch::pipeline
