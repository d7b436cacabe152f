#include "engine/state/snapshot_format.h"

#include <utility>

#include <fmt/core.h>

#include "engine/state/byte_reader.h"
#include "engine/state/byte_writer.h"
#include "engine/state/checksum.h"

namespace keywatch::state {

namespace {

// As in PNG: a byte above 127 and both kinds of line end notice transfers that "repair" text.
constexpr std::string_view kMagic("\x89KWS\r\n\x1a\n", 8);
constexpr size_t kPreambleBytes = 24;

struct HeaderSection {
  std::string name;
  uint64_t length = 0;
  uint64_t checksum = 0;
};

struct Header {
  uint64_t sequence = 0;
  std::vector<HeaderSection> sections;
  size_t size = 0;
};

// The first 24 bytes are the same in every version, and have a checksum of their own: a flipped bit
// in the version is damage, not the future.
Status ParsePreamble(std::string_view bytes, uint32_t* header_bytes) {
  if (bytes.size() < kPreambleBytes) {
    return DataLoss(
        fmt::format("expected at least {} bytes, found {}", kPreambleBytes, bytes.size()));
  }
  if (!bytes.starts_with(kMagic))
    return DataLoss("expected the mark of a snapshot in the first 8 bytes");
  ByteReader reader(bytes.substr(kMagic.size(), kPreambleBytes - kMagic.size()));
  uint32_t version = 0;
  uint64_t checksum = 0;
  if (!reader.U32(&version) || !reader.U32(header_bytes) || !reader.U64(&checksum)) {
    return reader.Finish("its preamble");
  }
  if (Checksum64(bytes.substr(0, kPreambleBytes - 8)) != checksum) {
    return DataLoss("the checksum of its first 16 bytes does not match");
  }
  if (version != kSnapshotVersion) {
    return InvalidInput(fmt::format(
        "it has format version {}, this program reads version {}. Run the version of keywatch that "
        "wrote it, or move the file away to begin from an older snapshot",
        version,
        kSnapshotVersion));
  }
  return {};
}

Result<Header> ParseHeader(std::string_view bytes) {
  uint32_t header_bytes = 0;
  KEYWATCH_RETURN_IF_ERROR(ParsePreamble(bytes, &header_bytes));
  if (header_bytes < 8 || header_bytes > bytes.size() - kPreambleBytes) {
    return DataLoss(fmt::format("expected a header of {} bytes, found {} bytes",
                                header_bytes,
                                bytes.size() - kPreambleBytes));
  }
  std::string_view body = bytes.substr(kPreambleBytes, header_bytes - 8);
  ByteReader tail(bytes.substr(kPreambleBytes + body.size(), 8));
  uint64_t checksum = 0;
  if (!tail.U64(&checksum) || Checksum64(body) != checksum) {
    return DataLoss("the checksum of its header does not match");
  }
  Header header;
  header.size = kPreambleBytes + header_bytes;
  ByteReader reader(body);
  uint64_t count = 0;
  bool good = reader.U64(&header.sequence) && reader.Count(17, &count);
  for (uint64_t i = 0; good && i < count; ++i) {
    HeaderSection& section = header.sections.emplace_back();
    good = reader.String(&section.name) && reader.U64(&section.length) &&
           reader.U64(&section.checksum);
  }
  KEYWATCH_RETURN_IF_ERROR(reader.Finish("its header"));
  return header;
}

}  // namespace

std::string EncodeSnapshotHeader(uint64_t sequence, const std::vector<SectionView>& sections) {
  std::string body;
  ByteWriter writer(&body);
  writer.U64(sequence);
  writer.Varint(sections.size());
  for (const SectionView& section : sections) {
    writer.String(section.name);
    writer.U64(section.bytes.size());
    writer.U64(Checksum64(section.bytes));
  }
  writer.U64(Checksum64(body));
  std::string out(kMagic);
  ByteWriter preamble(&out);
  preamble.U32(kSnapshotVersion);
  preamble.U32(static_cast<uint32_t>(body.size()));
  preamble.U64(Checksum64(out));
  return out + body;
}

Result<Snapshot> Snapshot::Parse(std::string file_bytes) {
  Result<Header> header = ParseHeader(file_bytes);
  if (!header)
    return header.error();
  Snapshot snapshot;
  snapshot.sequence_ = header->sequence;
  size_t at = header->size;
  for (HeaderSection& section : header->sections) {
    size_t left = file_bytes.size() - at;
    if (section.length > left) {
      return DataLoss(fmt::format(
          "expected {} bytes in section {}, found {}", section.length, section.name, left));
    }
    if (Checksum64(std::string_view(file_bytes).substr(at, section.length)) != section.checksum) {
      return DataLoss(fmt::format("the checksum of section {} does not match", section.name));
    }
    snapshot.sections_.push_back({std::move(section.name), at, section.length});
    at += section.length;
  }
  if (at != file_bytes.size()) {
    return DataLoss(fmt::format(
        "expected its end at byte {}, found {} bytes more", at, file_bytes.size() - at));
  }
  snapshot.bytes_ = std::move(file_bytes);
  return snapshot;
}

std::optional<std::string_view> Snapshot::Find(std::string_view section) const {
  for (const Section& candidate : sections_) {
    if (candidate.name == section) {
      return std::string_view(bytes_).substr(candidate.begin, candidate.size);
    }
  }
  return std::nullopt;
}

std::vector<std::string> Snapshot::names() const {
  std::vector<std::string> names;
  for (const Section& section : sections_)
    names.push_back(section.name);
  return names;
}

}  // namespace keywatch::state
