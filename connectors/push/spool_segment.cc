#include "connectors/push/spool_segment.h"

#include <charconv>

#include <fmt/format.h>

#include "engine/state/checksum.h"

namespace keywatch::push {
namespace {

constexpr std::string_view kSuffix = ".spool";

template <class Number>
void AppendNumber(Number number, std::string* out) {
  for (size_t byte = 0; byte < sizeof number; ++byte)
    out->push_back(static_cast<char>(number >> (8 * byte)));
}

template <class Number>
Number ReadNumber(std::string_view bytes) {
  Number number = 0;
  for (size_t byte = sizeof number; byte-- > 0;)
    number = static_cast<Number>((number << 8) | static_cast<uint8_t>(bytes[byte]));
  return number;
}

}  // namespace

void AppendEntry(std::string_view payload, std::string* out) {
  AppendNumber(static_cast<uint32_t>(payload.size()), out);
  AppendNumber(state::Checksum64(payload), out);
  out->append(payload);
}

EntryHeader ReadEntryHeader(std::string_view bytes) {
  return {ReadNumber<uint32_t>(bytes), ReadNumber<uint64_t>(bytes.substr(sizeof(uint32_t)))};
}

bool IsSound(const EntryHeader& header, std::string_view payload) {
  // An empty one is never written: zeros that a crash left behind are no entry.
  return header.length > 0 && payload.size() == header.length &&
         state::Checksum64(payload) == header.checksum;
}

std::string SegmentName(uint32_t number) { return fmt::format("{:08}{}", number, kSuffix); }

std::optional<uint32_t> ParseSegmentName(std::string_view name) {
  if (!name.ends_with(kSuffix))
    return std::nullopt;
  name.remove_suffix(kSuffix.size());
  uint32_t number = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || name.size() < 8)
    return std::nullopt;
  return number;
}

}  // namespace keywatch::push
