#include "connectors/file/unpacker.h"

#include <algorithm>
#include <limits>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "engine/base/check.h"

namespace keywatch::file {

namespace {

class GzipUnpacker : public Unpacker {
 public:
  GzipUnpacker() {
    // 15: the largest window; 16: a gzip header is expected.
    KEYWATCH_CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK, "zlib has memory for its window");
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  Step Run(std::string_view input, char* output, size_t room) override {
    Step step;
    // What was taken in may still have something to give when the input is used up.
    while (step.given < room) {
      if (member_ended_ && step.taken == input.size())
        break;
      if (member_ended_) {
        // Zeros that pad the last member (tapes, some log shippers) are no data.
        if (input[step.taken] == '\0') {
          ++step.taken;
          continue;
        }
        inflateReset(&stream_);
        member_ended_ = false;
      }
      std::string_view rest = input.substr(step.taken, kMost);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
      stream_.avail_in = static_cast<uInt>(rest.size());
      stream_.next_out = reinterpret_cast<Bytef*>(output + step.given);
      size_t space = std::min(room - step.given, kMost);
      stream_.avail_out = static_cast<uInt>(space);
      int result = inflate(&stream_, Z_NO_FLUSH);
      step.taken += rest.size() - stream_.avail_in;
      step.given += space - stream_.avail_out;
      member_ended_ = result == Z_STREAM_END;
      if (result == Z_BUF_ERROR)
        break;
      if (result != Z_OK && result != Z_STREAM_END) {
        step.damage = "the gzip data is damaged";
        break;
      }
    }
    return step;
  }
  [[nodiscard]] bool at_boundary() const override { return member_ended_; }

 private:
  static constexpr size_t kMost = size_t{1} << 30;  // counts of zlib have 32 bits
  z_stream stream_{};
  bool member_ended_ = false;
};

class ZstdUnpacker : public Unpacker {
 public:
  ZstdUnpacker() { KEYWATCH_CHECK(stream_ != nullptr, "zstd has memory for its context"); }
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  Step Run(std::string_view input, char* output, size_t room) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output, room, 0};
    Step step;
    while (out.pos < out.size) {
      if (frame_ended_ && in.pos == in.size)
        break;
      size_t before = in.pos + out.pos;
      size_t result = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(result) != 0) {
        step.damage = ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge
                          ? "the zstd data was packed with --long or --ultra and needs more memory "
                            "than 128 MiB"
                          : "the zstd data is damaged";
        break;
      }
      frame_ended_ = result == 0;
      if (in.pos + out.pos == before)
        break;
    }
    step.taken = in.pos;
    step.given = out.pos;
    return step;
  }
  [[nodiscard]] bool at_boundary() const override { return frame_ended_; }

 private:
  ZSTD_DStream* stream_ = ZSTD_createDStream();
  bool frame_ended_ = false;
};

}  // namespace

std::unique_ptr<Unpacker> Unpacker::Make(FileForm form) {
  if (form == FileForm::kZstd)
    return std::make_unique<ZstdUnpacker>();
  return std::make_unique<GzipUnpacker>();
}

}  // namespace keywatch::file
