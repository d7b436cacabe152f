#include "connectors/http/content_encoding.h"

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include <brotli/decode.h>
#include <fmt/format.h>
#include <zlib.h>

namespace keywatch::http {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
constexpr int kGzipWindow = 15 + 16;  // zlib: the largest window, and gzip's header

Status CutOff(const char* what) {
  return InvalidInput(
      fmt::format("the body is cut off: its {} stream has no end; send it again, whole", what));
}
Status Damaged(const char* what) {
  return InvalidInput(fmt::format(
      "the body is not what Content-Encoding says: expected {}, found something else", what));
}
Status TooLong() { return Exhausted("the body is too long when unpacked"); }

Result<std::string> Gunzip(std::string_view body, size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK)
    return Exhausted("no memory to unpack the body");
  std::unique_ptr<z_stream, int (*)(z_stream*)> owner(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  std::string out;
  std::array<char, kPiece> piece;
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return Damaged("gzip");
    const size_t size = piece.size() - stream.avail_out;
    if (out.size() + size > most)
      return TooLong();
    out.append(piece.data(), size);
    if (result == Z_STREAM_END && stream.avail_in == 0)
      return out;
    if (result == Z_STREAM_END && inflateReset(&stream) != Z_OK)
      return Damaged("gzip");
    if (result == Z_BUF_ERROR && size == 0)
      return CutOff("gzip");
  }
}

Result<std::string> Unbrotli(std::string_view body, size_t most) {
  std::unique_ptr<BrotliDecoderState, void (*)(BrotliDecoderState*)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  if (state == nullptr)
    return Exhausted("no memory to unpack the body");
  size_t left = body.size();
  const auto* in = reinterpret_cast<const uint8_t*>(body.data());
  std::string out;
  std::array<uint8_t, kPiece> piece;
  while (true) {
    uint8_t* next = piece.data();
    size_t room = piece.size();
    const BrotliDecoderResult result =
        BrotliDecoderDecompressStream(state.get(), &left, &in, &room, &next, nullptr);
    if (result == BROTLI_DECODER_RESULT_ERROR)
      return Damaged("br");
    const size_t size = piece.size() - room;
    if (out.size() + size > most)
      return TooLong();
    out.append(reinterpret_cast<const char*>(piece.data()), size);
    if (result == BROTLI_DECODER_RESULT_SUCCESS)
      return left == 0 ? Result<std::string>(std::move(out)) : Damaged("br");
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
      return CutOff("br");
  }
}

}  // namespace

Result<std::string> DecodeContent(std::string_view encoding, std::string body, size_t most) {
  if (encoding == "gzip" || encoding == "x-gzip")
    return Gunzip(body, most);
  if (encoding == "br")
    return Unbrotli(body, most);
  if (!encoding.empty() && encoding != "identity")
    return InvalidInput("Content-Encoding: expected gzip, br or none");
  if (body.size() > most)
    return TooLong();
  return body;
}

}  // namespace keywatch::http
