// Reads files from start to end; see file_source.h.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "connectors/file/file_source.h"
#include "connectors/file/position_book.h"

namespace keywatch::file {

class FileReplay : public ReplaySource {
 public:
  explicit FileReplay(FileSourceOptions options);

  [[nodiscard]] const std::string& name() const override { return options_.name; }
  Status Open(const pipeline::Positions& restored) override;
  Result<pipeline::RawBatch> Poll(std::chrono::milliseconds timeout) override;
  void Commit(const pipeline::Positions&) override {}
  void Close() override;
  [[nodiscard]] pipeline::SourceHealth Health() const override;
  [[nodiscard]] ReplayProgress Progress() const override { return progress_; }

 private:
  Status OpenNext();
  void CloseFile();
  void SetHealth(bool connected, std::string problem);

  FileSourceOptions options_;
  BlockPool pool_;
  PositionBook book_;
  std::deque<FoundFile> waiting_;
  std::deque<std::string> origins_;  // messages point at them
  ReplayProgress progress_;

  // The file being read.
  std::optional<FileReader> reader_;
  std::string key_;
  int64_t offset_ = 0;
  int64_t bytes_before_ = 0;  // read of other files

  mutable std::mutex health_mutex_;
  pipeline::SourceHealth health_;  // guarded by health_mutex_
};

}  // namespace keywatch::file
