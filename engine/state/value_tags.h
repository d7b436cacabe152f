// The tag bytes of byte_writer.h. They are on disk: a number here never changes its meaning,
// whatever happens to the order of record::Type.
#pragma once

#include <cstdint>

#include "engine/record/type.h"

namespace keywatch::state {

inline constexpr uint8_t kNullFlag = 0x80;

inline constexpr uint8_t kNodeNull = 0;
inline constexpr uint8_t kNodeFalse = 1;
inline constexpr uint8_t kNodeTrue = 2;
inline constexpr uint8_t kNodeInteger = 3;
inline constexpr uint8_t kNodeReal = 4;
inline constexpr uint8_t kNodeString = 5;
inline constexpr uint8_t kNodeDatetime = 6;
inline constexpr uint8_t kNodeTimespan = 7;
inline constexpr uint8_t kNodeArray = 8;
inline constexpr uint8_t kNodeObject = 9;

inline constexpr record::Type kTypeOfTag[] = {
    record::Type::kBool,
    record::Type::kInt,
    record::Type::kLong,
    record::Type::kReal,
    record::Type::kDatetime,
    record::Type::kTimespan,
    record::Type::kGuid,
    record::Type::kString,
    record::Type::kDynamic,
};
inline constexpr uint8_t kTypeTags = sizeof(kTypeOfTag) / sizeof(kTypeOfTag[0]);

inline uint8_t TagOf(record::Type type) {
  for (uint8_t tag = 0; tag < kTypeTags; ++tag) {
    if (kTypeOfTag[tag] == type)
      return tag;
  }
  return kTypeTags;
}

}  // namespace keywatch::state
