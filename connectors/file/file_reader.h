// Reads one file from an offset on, in blocks, and cuts them into messages.
//
// It keeps no bytes between two reads: a line or document that is not complete yet is read again
// when more has come. Memory is one block, or as much as the longest line or document needs.
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
#include "engine/base/status.h"

namespace keywatch::file {

struct ReadLimits {
  size_t block_bytes = size_t{2} << 20;
  size_t run_bytes = size_t{256} << 10;
  size_t document_bytes = size_t{64} << 20;  // longest line or document
};

struct FileRead {
  std::shared_ptr<Block> block;  // null: nothing complete to read
  std::vector<Piece> pieces;     // of the block
  int64_t offset = 0;            // where the block begins in the file
  int64_t next = 0;              // where to read on
  bool at_end = false;           // nothing followed when this was read
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
  void Restart() { form_ = FileForm::kUndecided; }

  // Its first bytes, at most `bytes`.
  [[nodiscard]] Result<std::string> Head(size_t bytes) const;
  // What the file system says of it now; `path` is the one it was opened by.
  [[nodiscard]] Result<FoundFile> Stat() const;

 private:
  FileReader(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  Result<size_t> ReadAt(int64_t offset, char* to, size_t bytes) const;
  Status DetectForm(bool final, const ReadLimits& limits);
  // Fills a block of at least `bytes` from read->offset on.
  Status FillBlock(size_t bytes, BlockPool* pool, FileRead* read, std::string_view* text) const;
  Status CutLongLine(std::string_view text, const ReadLimits& limits, FileRead* read) const;
  [[nodiscard]] Status DocumentTooLong(int64_t offset, const ReadLimits& limits) const;

  std::string path_;
  int fd_ = -1;
  FileForm form_ = FileForm::kUndecided;
};

}  // namespace keywatch::file
