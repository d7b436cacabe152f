// Reads back what byte_writer.h wrote, and survives what it did not write.
//
// Bytes that are damaged, cut short or made up never make it read outside of them, allocate more
// than in proportion to their length, or recurse without bound. Each read returns false once
// something did not fit, and so does every read after it: a caller may check once at the end with
// Finish(). What an unsuccessful read leaves in its argument is of no meaning.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/record/value.h"

namespace keywatch::state {

// Reads from bytes that the caller keeps alive.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool U8(uint8_t* value);
  [[nodiscard]] bool U32(uint32_t* value);
  [[nodiscard]] bool U64(uint64_t* value) { return LittleEndian(8, value); }
  [[nodiscard]] bool I64(int64_t* value);
  [[nodiscard]] bool Real(double* value);
  [[nodiscard]] bool Varint(uint64_t* value);
  [[nodiscard]] bool SignedVarint(int64_t* value);
  // A number of items that each take at least `least_bytes` bytes: more than can follow is damage,
  // so that a caller may reserve memory for it.
  [[nodiscard]] bool Count(size_t least_bytes, uint64_t* count);
  // The view points into the bytes.
  [[nodiscard]] bool String(std::string_view* text);
  [[nodiscard]] bool String(std::string* text);
  [[nodiscard]] bool Value(record::Value* value);
  [[nodiscard]] bool Row(record::Row* row);

  // For a caller's own checks: marks the bytes as damaged here.
  bool Fail(std::string_view expected);

  [[nodiscard]] bool ok() const { return expected_.empty(); }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - position_; }

  // kOk when everything was read and nothing is left; else kDataLoss that says what `what` is
  // (a section, a rule's state), where reading stopped and what was expected there.
  [[nodiscard]] Status Finish(std::string_view what) const;

 private:
  bool LittleEndian(size_t bytes, uint64_t* value);
  bool DynamicNode(record::Dynamic* node, int depth);
  bool DynamicArray(record::Dynamic* node, int depth);
  bool DynamicObject(record::Dynamic* node, int depth);
  bool DynamicTime(bool is_span, record::Dynamic* node);

  std::string_view bytes_;
  size_t position_ = 0;
  std::string expected_;  // what was not found at position_; "" while all is well
};

}  // namespace keywatch::state
