#include "engine/state/byte_writer.h"

#include <gtest/gtest.h>

#include "engine/state/value_tags.h"

namespace keywatch::state {
namespace {

TEST(ByteWriterTest, EveryTypeHasItsTag) {
  for (int type = 0; type <= static_cast<int>(record::Type::kDynamic); ++type) {
    EXPECT_LT(TagOf(static_cast<record::Type>(type)), kTypeTags) << type;
  }
}

// These bytes are in snapshots of versions that are out there.
TEST(ByteWriterTest, TagsNeverChange) {
  using record::Value;
  const std::pair<Value, std::string> cases[] = {
      {Value::Bool(true), std::string("\x00\x02", 2)},
      {Value::Int(-1), "\x01\x01"},
      {Value::Long(300), "\x02\xd8\x04"},
      {Value::Real(1.0), std::string("\x03\0\0\0\0\0\0\xf0\x3f", 9)},
      {Value::Datetime(1), std::string("\x04\x01\0\0\0\0\0\0\0", 9)},
      {Value::Timespan(-1), "\x05" + std::string(8, '\xff')},
      {Value::Guid("g"), "\x06\x01g"},
      {Value::String(""), std::string("\x07\x00", 2)},
      {Value::Of(*record::ParseJson("[null,true,{\"a\":1.5}]")),
       std::string("\x08\x08\x03\x00\x02\x09\x01\x01"
                   "a\x04\0\0\0\0\0\0\xf8\x3f",
                   18)},
      {Value::Null(record::Type::kDynamic), "\x88"},
  };
  for (const auto& [value, expected] : cases) {
    std::string bytes;
    ByteWriter(&bytes).Value(value);
    EXPECT_EQ(bytes, expected) << record::TypeName(value.type());
  }
}

}  // namespace
}  // namespace keywatch::state
