#include "engine/state/byte_reader.h"

#include <bit>
#include <utility>

#include <fmt/core.h>

#include "engine/state/byte_writer.h"
#include "engine/state/value_tags.h"

namespace keywatch::state {

bool ByteReader::Fail(std::string_view expected) {
  if (ok())
    expected_ = expected;
  return false;
}

Status ByteReader::Finish(std::string_view what) const {
  if (!ok()) {
    return DataLoss(fmt::format(
        "{} is damaged at byte {} of {}: expected {}", what, position_, bytes_.size(), expected_));
  }
  if (remaining() != 0) {
    return DataLoss(fmt::format("{} is damaged: expected its end at byte {}, found {} bytes more",
                                what,
                                position_,
                                remaining()));
  }
  return {};
}

bool ByteReader::LittleEndian(size_t bytes, uint64_t* value) {
  if (!ok())
    return false;
  if (remaining() < bytes)
    return Fail(fmt::format("{} bytes of a number", bytes));
  uint64_t result = 0;
  for (size_t i = 0; i < bytes; ++i) {
    result |= uint64_t{static_cast<uint8_t>(bytes_[position_ + i])} << (8 * i);
  }
  position_ += bytes;
  *value = result;
  return true;
}

bool ByteReader::U8(uint8_t* value) {
  uint64_t wide = 0;
  if (!LittleEndian(1, &wide))
    return false;
  *value = static_cast<uint8_t>(wide);
  return true;
}

bool ByteReader::U32(uint32_t* value) {
  uint64_t wide = 0;
  if (!LittleEndian(4, &wide))
    return false;
  *value = static_cast<uint32_t>(wide);
  return true;
}

bool ByteReader::I64(int64_t* value) {
  uint64_t bits = 0;
  if (!U64(&bits))
    return false;
  *value = static_cast<int64_t>(bits);
  return true;
}

bool ByteReader::Real(double* value) {
  uint64_t bits = 0;
  if (!U64(&bits))
    return false;
  *value = std::bit_cast<double>(bits);
  return true;
}

bool ByteReader::Varint(uint64_t* value) {
  if (!ok())
    return false;
  uint64_t result = 0;
  for (size_t i = 0; i < 10; ++i) {
    if (remaining() <= i)
      return Fail("the next byte of a varint");
    auto byte = static_cast<uint8_t>(bytes_[position_ + i]);
    // The tenth byte holds the one bit that is left of 64; a last byte of 0 is not the shortest
    // form.
    if (i == 9 && byte > 1)
      break;
    if (i > 0 && byte == 0)
      break;
    result |= uint64_t{byte & 0x7fU} << (7 * i);
    if (byte < 0x80) {
      position_ += i + 1;
      *value = result;
      return true;
    }
  }
  return Fail("a varint of at most 64 bits in its shortest form");
}

bool ByteReader::SignedVarint(int64_t* value) {
  uint64_t bits = 0;
  if (!Varint(&bits))
    return false;
  *value = static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
  return true;
}

bool ByteReader::Count(size_t least_bytes, uint64_t* count) {
  if (!Varint(count))
    return false;
  if (*count > remaining() / least_bytes) {
    return Fail(
        fmt::format("at most {} items, found a count of {}", remaining() / least_bytes, *count));
  }
  return true;
}

bool ByteReader::String(std::string_view* text) {
  uint64_t length = 0;
  if (!Varint(&length))
    return false;
  if (length > remaining()) {
    return Fail(fmt::format("{} bytes of a string, found {}", length, remaining()));
  }
  *text = bytes_.substr(position_, length);
  position_ += length;
  return true;
}

bool ByteReader::String(std::string* text) {
  std::string_view view;
  if (!String(&view))
    return false;
  text->assign(view);
  return true;
}

bool ByteReader::Value(record::Value* value) {
  uint8_t tag = 0;
  if (!U8(&tag))
    return false;
  bool null = (tag & kNullFlag) != 0;
  tag &= static_cast<uint8_t>(~kNullFlag);
  if (tag >= kTypeTags)
    return Fail(fmt::format("the tag of a value before here, found {}", tag));
  record::Type type = kTypeOfTag[tag];
  if (null) {
    *value = record::Value::Null(type);
    return true;
  }
  int64_t integral = 0;
  switch (type) {
    case record::Type::kBool:
    case record::Type::kInt:
    case record::Type::kLong:
      if (!SignedVarint(&integral))
        return false;
      *value = record::Value::Integral(type, integral);
      return true;
    case record::Type::kDatetime:
    case record::Type::kTimespan:
      if (!I64(&integral))
        return false;
      *value = record::Value::Integral(type, integral);
      return true;
    case record::Type::kReal: {
      double real = 0;
      if (!Real(&real))
        return false;
      *value = record::Value::Real(real);
      return true;
    }
    case record::Type::kGuid:
    case record::Type::kString: {
      std::string text;
      if (!String(&text))
        return false;
      *value = type == record::Type::kGuid ? record::Value::Guid(std::move(text))
                                           : record::Value::String(std::move(text));
      return true;
    }
    case record::Type::kDynamic: {
      record::Dynamic node;
      if (!DynamicNode(&node, 0))
        return false;
      *value = record::Value::Of(std::move(node));
      return true;
    }
  }
  return Fail("a value of a known type");
}

bool ByteReader::Row(record::Row* row) {
  uint64_t count = 0;
  if (!Count(1, &count))
    return false;
  row->clear();
  // Not reserved: a value in memory is many times its shortest bytes.
  for (uint64_t i = 0; i < count; ++i) {
    row->emplace_back();
    if (!Value(&row->back()))
      return false;
  }
  return true;
}

bool ByteReader::DynamicNode(record::Dynamic* node, int depth) {
  if (depth > kMaxDynamicDepth) {
    return Fail(fmt::format("dynamic values that nest at most {} deep", kMaxDynamicDepth));
  }
  uint8_t tag = 0;
  if (!U8(&tag))
    return false;
  switch (tag) {
    case kNodeNull:
      node->held = std::monostate();
      return true;
    case kNodeFalse:
    case kNodeTrue:
      node->held = tag == kNodeTrue;
      return true;
    case kNodeInteger:
      return SignedVarint(&node->held.emplace<int64_t>());
    case kNodeReal:
      return Real(&node->held.emplace<double>());
    case kNodeString:
      return String(&node->held.emplace<std::string>());
    case kNodeDatetime:
    case kNodeTimespan:
      return DynamicTime(tag == kNodeTimespan, node);
    case kNodeArray:
      return DynamicArray(node, depth);
    case kNodeObject:
      return DynamicObject(node, depth);
    default:
      return Fail(fmt::format("the tag of a dynamic node before here, found {}", tag));
  }
}

bool ByteReader::DynamicTime(bool is_span, record::Dynamic* node) {
  auto& time = node->held.emplace<record::DynamicTime>();
  time.is_span = is_span;
  return I64(&time.ticks);
}

bool ByteReader::DynamicArray(record::Dynamic* node, int depth) {
  uint64_t count = 0;
  if (!Count(1, &count))
    return false;
  auto& array = node->held.emplace<record::Dynamic::Array>();
  for (uint64_t i = 0; i < count; ++i) {
    array.emplace_back();
    if (!DynamicNode(&array.back(), depth + 1))
      return false;
  }
  return true;
}

bool ByteReader::DynamicObject(record::Dynamic* node, int depth) {
  uint64_t count = 0;
  if (!Count(2, &count))
    return false;
  auto& object = node->held.emplace<record::Dynamic::Object>();
  for (uint64_t i = 0; i < count; ++i) {
    auto& [name, member] = object.emplace_back();
    if (!String(&name) || !DynamicNode(&member, depth + 1))
      return false;
  }
  return true;
}

}  // namespace keywatch::state
