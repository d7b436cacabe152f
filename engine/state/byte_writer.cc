#include "engine/state/byte_writer.h"

#include <bit>
#include <variant>

#include "engine/base/check.h"
#include "engine/state/value_tags.h"

namespace keywatch::state {

void ByteWriter::LittleEndian(uint64_t value, int bytes) {
  char buffer[8];
  for (int i = 0; i < bytes; ++i)
    buffer[i] = static_cast<char>(value >> (8 * i) & 0xff);
  out_->append(buffer, static_cast<size_t>(bytes));
}

void ByteWriter::Real(double value) { U64(std::bit_cast<uint64_t>(value)); }

void ByteWriter::Varint(uint64_t value) {
  while (value >= 0x80) {
    U8(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  U8(static_cast<uint8_t>(value));
}

void ByteWriter::Value(const record::Value& value) {
  uint8_t tag = TagOf(value.type());
  if (value.is_null()) {
    U8(tag | kNullFlag);
    return;
  }
  U8(tag);
  switch (value.type()) {
    case record::Type::kBool:
    case record::Type::kInt:
    case record::Type::kLong:
      SignedVarint(value.integral());
      break;
    case record::Type::kDatetime:
    case record::Type::kTimespan:
      I64(value.integral());
      break;
    case record::Type::kReal:
      Real(value.real());
      break;
    case record::Type::kGuid:
    case record::Type::kString:
      String(value.string());
      break;
    case record::Type::kDynamic:
      DynamicNode(*value.dynamic(), 0);
      break;
  }
}

void ByteWriter::Row(const record::Row& row) {
  Varint(row.size());
  for (const record::Value& value : row)
    Value(value);
}

void ByteWriter::DynamicNode(const record::Dynamic& node, int depth) {
  KEYWATCH_CHECK(depth <= kMaxDynamicDepth,
                 "a dynamic in the state nests deeper than any query can");
  if (const bool* boolean = std::get_if<bool>(&node.held)) {
    U8(*boolean ? kNodeTrue : kNodeFalse);
  } else if (const int64_t* integer = std::get_if<int64_t>(&node.held)) {
    U8(kNodeInteger);
    SignedVarint(*integer);
  } else if (const double* real = std::get_if<double>(&node.held)) {
    U8(kNodeReal);
    Real(*real);
  } else if (const std::string* text = std::get_if<std::string>(&node.held)) {
    U8(kNodeString);
    String(*text);
  } else if (const auto* time = std::get_if<record::DynamicTime>(&node.held)) {
    U8(time->is_span ? kNodeTimespan : kNodeDatetime);
    I64(time->ticks);
  } else if (const auto* array = std::get_if<record::Dynamic::Array>(&node.held)) {
    U8(kNodeArray);
    Varint(array->size());
    for (const record::Dynamic& element : *array)
      DynamicNode(element, depth + 1);
  } else if (const auto* object = std::get_if<record::Dynamic::Object>(&node.held)) {
    U8(kNodeObject);
    Varint(object->size());
    for (const auto& [name, member] : *object) {
      String(name);
      DynamicNode(member, depth + 1);
    }
  } else {
    U8(kNodeNull);
  }
}

}  // namespace keywatch::state
