// Reads one file from an offset on, in blocks, and cuts them into messages.
//
// It keeps no bytes between two reads: a line or document that is not complete yet is read again
// when more has come. Memory is one block, or as much as the longest line or document needs.
//
// A file packed with gzip or zstd, as its first bytes tell, is read as the text in it: offsets are
// those of the text, and of a damaged one the text before the damage is read. The path "-" is
// standard input; a pipe is read forward only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/file/block_pool.h"
#include "connectors/file/file_form.h"
#include "connectors/file/file_identity.h"
#include "connectors/file/stream_reader.h"
#include "engine/base/status.h"

namespace keywatch::file {

struct ReadLimits {
  size_t block_bytes = size_t{2} << 20;
  size_t run_bytes = size_t{256} << 10;
  size_t document_bytes = size_t{64} << 20;  // longest line or document
  UnpackLimits unpack = {};
};

struct FileRead {
  std::shared_ptr<Block> block;  // null: nothing complete to read
  std::vector<Piece> pieces;     // of the block
  int64_t offset = 0;            // where the block begins in the file
  int64_t next = 0;              // where to read on
  bool at_end = false;           // nothing followed when this was read
  bool ended = false;            // nor will anything ever
  int64_t cut_bytes = 0;         // of a line that was too long, left out; its beginning is a piece
};

// Used by one thread.
class FileReader {
 public:
  static Result<FileReader> Open(const std::string& path);
  ~FileReader();
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&& other) noexcept;

  // What is complete from `offset` on, at most about a block. `final`: the file will not grow, so
  // that its last line counts without a line end. Of a line beyond the limit the beginning comes,
  // for the decoder to refuse. kInvalidInput for a document beyond the limit and for a form that
  // cannot be read; kUnavailable when the disk does not answer.
  Result<FileRead> Read(int64_t offset, bool final, const ReadLimits& limits, BlockPool* pool);

  // The file was overwritten: it may hold another form now.
  void Restart();

  // The first bytes of its text, at most `bytes`.
  [[nodiscard]] Result<std::string> Head(size_t bytes) const;
  [[nodiscard]] bool packed() const { return stream_ != nullptr && !stream_->is_pipe(); }
  [[nodiscard]] bool is_pipe() const { return stream_ != nullptr && stream_->is_pipe(); }
  // Bytes of the file, not of its text, that were read, if it is packed.
  [[nodiscard]] int64_t consumed() const { return stream_ == nullptr ? 0 : stream_->consumed(); }
  // Where its text ends, if it is packed and was read to the end.
  [[nodiscard]] int64_t text_end() const { return stream_ == nullptr ? 0 : stream_->text_end(); }
  // What is wrong with a packed file that was read to its end; ok when nothing is. `may_grow`: it
  // merely ends too early, and may not have been written to its end yet.
  [[nodiscard]] Status Damage(bool* may_grow) const;
  void WaitForMore(std::chrono::milliseconds timeout) const;
  // What the file system says of it now; `path` is the one it was opened by.
  [[nodiscard]] Result<FoundFile> Stat() const;

 private:
  FileReader(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<size_t> ReadAt(int64_t offset, char* to, size_t bytes) const;    // of the file
  Result<size_t> ReadText(int64_t offset, char* to, size_t bytes) const;  // unpacked
  Status DetectPacking(const UnpackLimits& limits);
  Status DetectForm(bool final, const ReadLimits& limits);
  [[nodiscard]] bool IsComplete(bool final) const;
  // As Head(); `complete`: it is the whole text, and its end is known.
  Result<std::string> Beginning(size_t bytes, bool* complete) const;
  // Fills a block of at least `bytes` from read->offset on.
  Status FillBlock(size_t bytes, BlockPool* pool, FileRead* read, std::string_view* text) const;
  Status CutLongLine(std::string_view text, const ReadLimits& limits, FileRead* read) const;
  [[nodiscard]] Status DocumentTooLong(int64_t offset, const ReadLimits& limits) const;

  std::string path_;
  int fd_ = -1;
  FileForm form_ = FileForm::kUndecided;
  std::unique_ptr<StreamReader> stream_;  // null: not packed, as far as is known
};

}  // namespace keywatch::file
