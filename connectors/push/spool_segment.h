// The bytes of a spool file: entries one after the other, each
//
//   length (4 bytes), XXH64 of the payload (8 bytes), payload
//
// with little-endian numbers. Nothing else, so a file is as good as its longest sound beginning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keywatch::push {

inline constexpr size_t kEntryHeaderBytes = 12;

struct EntryHeader {
  uint32_t length = 0;
  uint64_t checksum = 0;
};

void AppendEntry(std::string_view payload, std::string* out);
// Of at least kEntryHeaderBytes.
EntryHeader ReadEntryHeader(std::string_view bytes);
bool IsSound(const EntryHeader& header, std::string_view payload);

// Where an entry is: the file's number and the offset in it. As one number it is the source's
// position, which only grows.
struct SpoolPlace {
  uint32_t segment = 0;
  uint32_t offset = 0;

  auto operator<=>(const SpoolPlace&) const = default;
};

inline int64_t ToPosition(const SpoolPlace& place) {
  return static_cast<int64_t>((uint64_t{place.segment} << 32) | place.offset);
}
inline SpoolPlace ToPlace(int64_t position) {
  auto bits = static_cast<uint64_t>(position);
  return {static_cast<uint32_t>(bits >> 32), static_cast<uint32_t>(bits)};
}

// 00000042.spool
std::string SegmentName(uint32_t number);
std::optional<uint32_t> ParseSegmentName(std::string_view name);

}  // namespace keywatch::push
