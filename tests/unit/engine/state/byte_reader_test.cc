// Round trips through ByteWriter and ByteReader, and what the reader does with damaged bytes.
#include "engine/state/byte_reader.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "engine/state/byte_writer.h"

namespace keywatch::state {
namespace {

using record::Dynamic;
using record::Value;

class RandomValues {
 public:
  explicit RandomValues(uint32_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_() % bound; }

  int64_t Integer() {
    switch (Below(4)) {
      case 0:
        return static_cast<int64_t>(random_());
      case 1:
        return static_cast<int64_t>(Below(256)) - 128;
      case 2:
        return std::numeric_limits<int64_t>::min();
      default:
        return std::numeric_limits<int64_t>::max() - static_cast<int64_t>(Below(2));
    }
  }

  double Real() {
    switch (Below(5)) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return -0.0;
      case 2:
        return -std::numeric_limits<double>::infinity();
      case 3:
        return std::numeric_limits<double>::denorm_min();
      default:
        return static_cast<double>(Integer()) / 7;
    }
  }

  std::string Text() {
    std::string text(Below(40), '\0');
    for (char& byte : text)
      byte = static_cast<char>(random_());
    return text;
  }

  Dynamic Node(int depth) {
    Dynamic node;
    switch (Below(depth > 0 ? 8 : 6)) {
      case 0:
        break;
      case 1:
        node.held = Below(2) == 0;
        break;
      case 2:
        node.held = Integer();
        break;
      case 3:
        node.held = Real();
        break;
      case 4:
        node.held = Text();
        break;
      case 5:
        node.held = record::DynamicTime{Integer(), Below(2) == 0};
        break;
      case 6: {
        auto& array = node.held.emplace<Dynamic::Array>();
        for (uint64_t i = Below(4); i > 0; --i)
          array.push_back(Node(depth - 1));
        break;
      }
      default: {
        auto& object = node.held.emplace<Dynamic::Object>();
        for (uint64_t i = Below(4); i > 0; --i)
          object.emplace_back(Text(), Node(depth - 1));
      }
    }
    return node;
  }

  Value One() {
    auto type = static_cast<record::Type>(Below(9));
    if (Below(8) == 0)
      return Value::Null(type);
    switch (type) {
      case record::Type::kReal:
        return Value::Real(Real());
      case record::Type::kGuid:
        return Value::Guid(Text());
      case record::Type::kString:
        return Value::String(Text());
      case record::Type::kDynamic:
        return Value::Of(Node(4));
      case record::Type::kBool:
        return Value::Bool(Below(2) == 0);
      default:
        return Value::Integral(type, Integer());
    }
  }

 private:
  std::mt19937_64 random_;
};

// Stricter than record::Equal: types, order of members, and the bits of reals.
bool Identical(const Dynamic& a, const Dynamic& b) {
  if (a.held.index() != b.held.index())
    return false;
  if (const auto* real = std::get_if<double>(&a.held)) {
    return std::bit_cast<uint64_t>(*real) == std::bit_cast<uint64_t>(std::get<double>(b.held));
  }
  if (const auto* array = a.array()) {
    if (array->size() != b.array()->size())
      return false;
    for (size_t i = 0; i < array->size(); ++i) {
      if (!Identical((*array)[i], (*b.array())[i]))
        return false;
    }
    return true;
  }
  if (const auto* object = a.object()) {
    if (object->size() != b.object()->size())
      return false;
    for (size_t i = 0; i < object->size(); ++i) {
      if ((*object)[i].first != (*b.object())[i].first)
        return false;
      if (!Identical((*object)[i].second, (*b.object())[i].second))
        return false;
    }
    return true;
  }
  if (const auto* text = a.string())
    return *text == *b.string();
  if (const auto* integer = std::get_if<int64_t>(&a.held)) {
    return *integer == std::get<int64_t>(b.held);
  }
  if (const auto* boolean = std::get_if<bool>(&a.held))
    return *boolean == std::get<bool>(b.held);
  if (const auto* time = std::get_if<record::DynamicTime>(&a.held)) {
    return *time == std::get<record::DynamicTime>(b.held);
  }
  return true;
}

bool Identical(const Value& a, const Value& b) {
  if (a.type() != b.type() || a.is_null() != b.is_null())
    return false;
  if (a.is_null())
    return true;
  switch (a.type()) {
    case record::Type::kReal:
      return std::bit_cast<uint64_t>(a.real()) == std::bit_cast<uint64_t>(b.real());
    case record::Type::kGuid:
    case record::Type::kString:
      return a.string() == b.string();
    case record::Type::kDynamic:
      return Identical(*a.dynamic(), *b.dynamic());
    default:
      return a.integral() == b.integral();
  }
}

TEST(ByteReaderTest, NumbersComeBack) {
  const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, 0xffffffff, 1ULL << 63, ~0ULL};
  std::string bytes;
  ByteWriter writer(&bytes);
  for (uint64_t number : numbers) {
    writer.Varint(number);
    writer.SignedVarint(static_cast<int64_t>(number));
    writer.U64(number);
    writer.U32(static_cast<uint32_t>(number));
    writer.U8(static_cast<uint8_t>(number));
  }
  ByteReader reader(bytes);
  for (uint64_t number : numbers) {
    uint64_t wide = 0;
    int64_t with_sign = 0;
    uint32_t word = 0;
    uint8_t byte = 0;
    ASSERT_TRUE(reader.Varint(&wide));
    EXPECT_EQ(wide, number);
    ASSERT_TRUE(reader.SignedVarint(&with_sign));
    EXPECT_EQ(with_sign, static_cast<int64_t>(number));
    ASSERT_TRUE(reader.U64(&wide) && reader.U32(&word) && reader.U8(&byte));
    EXPECT_EQ(wide, number);
    EXPECT_EQ(word, static_cast<uint32_t>(number));
    EXPECT_EQ(byte, static_cast<uint8_t>(number));
  }
  EXPECT_TRUE(reader.Finish("numbers").ok());
}

TEST(ByteReaderTest, TheFormatIsAsDocumented) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.Row({Value::Long(-2), Value::String("ab"), Value::Null(record::Type::kReal)});
  EXPECT_EQ(bytes,
            std::string("\x03\x02\x03\x07\x02"
                        "ab\x83"));
}

TEST(ByteReaderTest, RandomRowsComeBackAsTheyWere) {
  RandomValues random(1);
  for (int round = 0; round < 5000; ++round) {
    record::Row row;
    for (uint64_t i = random.Below(8); i > 0; --i)
      row.push_back(random.One());
    std::string bytes;
    ByteWriter(&bytes).Row(row);
    ByteReader reader(bytes);
    record::Row back;
    ASSERT_TRUE(reader.Row(&back));
    ASSERT_TRUE(reader.Finish("row").ok());
    ASSERT_EQ(back.size(), row.size());
    for (size_t i = 0; i < row.size(); ++i)
      ASSERT_TRUE(Identical(row[i], back[i]));
    std::string again;
    ByteWriter(&again).Row(back);
    ASSERT_EQ(again, bytes);
  }
}

TEST(ByteReaderTest, CutRowsAreDamageAtEveryLength) {
  RandomValues random(2);
  for (int round = 0; round < 200; ++round) {
    record::Row row = {random.One(), random.One(), random.One()};
    std::string bytes;
    ByteWriter(&bytes).Row(row);
    for (size_t length = 0; length < bytes.size(); ++length) {
      // A heap copy of just that length, so that the address sanitizer sees a byte too many.
      std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
      ByteReader reader(std::string_view(cut.data(), cut.size()));
      record::Row back;
      ASSERT_FALSE(reader.Row(&back));
      ASSERT_EQ(reader.Finish("row").code(), StatusCode::kDataLoss);
    }
  }
}

TEST(ByteReaderTest, ArbitraryBytesNeverHarm) {
  RandomValues random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    ByteWriter(&bytes).Row({random.One(), random.One()});
    for (uint64_t i = random.Below(4) + 1; i > 0; --i) {
      bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
    }
    ByteReader reader(bytes);
    record::Row back;
    bool good = reader.Row(&back);
    EXPECT_EQ(good, reader.ok());
  }
}

TEST(ByteReaderTest, HugeCountsAreRefusedBeforeTheyCost) {
  std::string bytes;
  ByteWriter(&bytes).Varint(~0ULL);
  record::Row row;
  std::string_view text;
  uint64_t count = 0;
  EXPECT_FALSE(ByteReader(bytes).Row(&row));
  EXPECT_FALSE(ByteReader(bytes).String(&text));
  EXPECT_FALSE(ByteReader(bytes).Count(1, &count));
}

TEST(ByteReaderTest, DeepNestingIsRefused) {
  std::string bytes("\x08", 1);  // a dynamic
  for (int i = 0; i < 1'000'000; ++i)
    bytes += "\x08\x01";  // an array of one
  bytes += '\0';
  ByteReader reader(bytes);
  Value value;
  EXPECT_FALSE(reader.Value(&value));
  EXPECT_NE(reader.Finish("state").message().find("nest"), std::string::npos);
}

TEST(ByteReaderTest, LongVarintsAreRefused) {
  uint64_t value = 0;
  EXPECT_FALSE(ByteReader(std::string(10, '\xff') + '\x01').Varint(&value));  // 71 bits
  EXPECT_FALSE(ByteReader(std::string(9, '\xff') + '\x02').Varint(&value));   // 65 bits
  EXPECT_FALSE(ByteReader(std::string("\x81\x00", 2)).Varint(&value));  // 1, one byte too long
  std::string longest = std::string(9, '\xff') + '\x01';
  ByteReader reader(longest);
  EXPECT_TRUE(reader.Varint(&value));
  EXPECT_EQ(value, ~0ULL);
}

TEST(ByteReaderTest, AFailureSticksAndNamesItsPlace) {
  std::string bytes("\x01\x05x", 3);
  ByteReader reader(bytes);
  uint8_t byte = 0;
  std::string_view text;
  ASSERT_TRUE(reader.U8(&byte));
  EXPECT_FALSE(reader.String(&text));
  EXPECT_FALSE(reader.U8(&byte));
  Status status = reader.Finish("the state of rule r1");
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(
      status.message(),
      "the state of rule r1 is damaged at byte 2 of 3: expected 5 bytes of a string, found 1");
}

TEST(ByteReaderTest, BytesLeftOverAreDamage) {
  ByteReader reader("\x01\x02");
  uint8_t byte = 0;
  ASSERT_TRUE(reader.U8(&byte));
  EXPECT_EQ(reader.Finish("it").message(),
            "it is damaged: expected its end at byte 1, found 1 bytes more");
}

}  // namespace
}  // namespace keywatch::state
