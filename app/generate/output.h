// Where generated records go: JSON Lines, or Event Hubs messages with several records each, one
// message a line; the labels to a file of their own.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "app/generate/random.h"
#include "engine/base/status.h"

namespace keywatch::generate {

enum class OutputFormat { kJsonLines, kEventHub };

// A file, or standard output for "-", written through a large buffer.
class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Status Open(const std::string& path);
  // False when the disk is full, or nobody reads: Close() says what it was.
  bool Write(std::string_view text);
  Status Close();

 private:
  bool Flush();

  std::string path_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
  int error_ = 0;
};

class RecordOutput {
 public:
  RecordOutput(OutputFile* file, OutputFormat format, uint64_t seed)
      : file_(file), format_(format), random_(Random(seed).Fork(77)) {}

  bool Add(std::string_view record);
  bool Finish();

 private:
  OutputFile* file_;
  OutputFormat format_;
  Random random_;
  std::string message_;
  uint64_t room_ = 0;  // records that still go into the message
};

}  // namespace keywatch::generate
