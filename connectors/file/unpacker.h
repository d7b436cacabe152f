// gzip and zstd, bytes in and bytes out.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "connectors/file/file_form.h"

namespace keywatch::file {

class Unpacker {
 public:
  struct Step {
    size_t taken = 0;              // of the input
    size_t given = 0;              // to the output
    std::string_view damage = "";  // not empty: what is wrong with the next byte of the input
  };

  // For kGzip and kZstd.
  static std::unique_ptr<Unpacker> Make(FileForm form);
  virtual ~Unpacker() = default;

  // Takes of `input` and gives to `output` what it can. Members and frames that follow one another
  // are one stream, as gzip(1) and zstd(1) have it. Needs at most 128 MiB, zstd's default.
  virtual Step Run(std::string_view input, char* output, size_t room) = 0;
  // Nothing is missing if the input ends here.
  [[nodiscard]] virtual bool at_boundary() const = 0;
};

}  // namespace keywatch::file
