// Writes numbers, strings and KQL values as bytes, for the state in a snapshot.
//
// Integers are little-endian. A varint holds 7 bits a byte, least first, the high bit set on all
// but the last byte (1 to 10 bytes, the shortest form only); a signed one is zigzag-coded first. A
// string is its length as a varint and its bytes. A value is one tag byte and what it holds:
//   tag 0..8  bool int long real datetime timespan guid string dynamic; plus 0x80: null, no more
//   bool, int, long   signed varint         real, datetime, timespan   8 bytes
//   guid, string      string                dynamic                    one dynamic node
// A dynamic node is one tag byte and what it holds:
//   0 null   1 false   2 true   3 signed varint   4 real, 8 bytes   5 string
//   6 datetime, 8 bytes   7 timespan, 8 bytes   8 array: count, nodes   9 object: count, (name,
//   node)
// A row is a count and its values. byte_reader.h reads all of it back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/record/value.h"

namespace keywatch::state {

// How deep a dynamic may nest in a snapshot. Parsed JSON ends at record::kMaxJsonDepth and a query
// of 10,000 characters cannot wrap it a thousand times more, so that no record and no rule gets
// here.
inline constexpr int kMaxDynamicDepth = 4096;

// Appends to a string that the caller owns. Cannot fail.
class ByteWriter {
 public:
  explicit ByteWriter(std::string* out) : out_(out) {}

  void U8(uint8_t value) { out_->push_back(static_cast<char>(value)); }
  void U32(uint32_t value) { LittleEndian(value, 4); }
  void U64(uint64_t value) { LittleEndian(value, 8); }
  void I64(int64_t value) { U64(static_cast<uint64_t>(value)); }
  // The bits as they are: NaN and -0.0 survive.
  void Real(double value);
  void Varint(uint64_t value);
  void SignedVarint(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void String(std::string_view text) {
    Varint(text.size());
    out_->append(text);
  }
  void Value(const record::Value& value);
  void Row(const record::Row& row);

  [[nodiscard]] size_t size() const { return out_->size(); }

 private:
  void LittleEndian(uint64_t value, int bytes);
  void DynamicNode(const record::Dynamic& node, int depth);

  std::string* out_;
};

}  // namespace keywatch::state
