#include "engine/alert/alert_id.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>

#include "engine/base/crypto.h"

namespace keywatch::alert {
namespace {

using record::Dynamic;
using record::Type;

class Encoder {
 public:
  void Integer(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8)
      bytes_ += static_cast<char>(value >> shift & 255);
  }

  void Text(std::string_view text) {
    Integer(text.size());
    bytes_ += text;
  }

  void Tag(char tag) { bytes_ += tag; }

  void Whole(char tag, int64_t value) {
    Tag(tag);
    Integer(static_cast<uint64_t>(value));
  }

  void Real(double value) {
    // 2^53: beyond it a double cannot tell neighbouring integers apart.
    if (std::fabs(value) < 9007199254740992.0 && value == std::floor(value)) {
      Whole('i', static_cast<int64_t>(value));
    } else {
      Tag('d');
      Integer(std::isnan(value) ? 0x7FF8000000000000ULL : std::bit_cast<uint64_t>(value));
    }
  }

  void Value(const record::Value& value) {
    if (value.is_null())
      return Tag('n');
    switch (value.type()) {
      case Type::kBool:
        return Whole('b', value.integral());
      case Type::kInt:
      case Type::kLong:
        return Whole('i', value.integral());
      case Type::kReal:
        return Real(value.real());
      case Type::kDatetime:
        return Whole('t', value.integral());
      case Type::kTimespan:
        return Whole('p', value.integral());
      case Type::kGuid:
        Tag('g');
        return Text(value.string());
      case Type::kString:
        Tag('s');
        return Text(value.string());
      case Type::kDynamic:
        Tag('j');
        return Nested(*value.dynamic());
    }
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void Held(std::monostate) { Tag('n'); }
  void Held(bool value) { Whole('b', value ? 1 : 0); }
  void Held(int64_t value) { Whole('i', value); }
  void Held(double value) { Real(value); }
  void Held(const std::string& value) {
    Tag('s');
    Text(value);
  }
  void Held(record::DynamicTime value) { Whole(value.is_span ? 'p' : 't', value.ticks); }
  void Held(const Dynamic::Array& value) {
    Whole('[', static_cast<int64_t>(value.size()));
    for (const Dynamic& element : value)
      Nested(element);
  }
  void Held(const Dynamic::Object& value) {
    std::map<std::string_view, const Dynamic*> members;  // of equal names the last one counts
    for (const auto& [name, member] : value)
      members[name] = &member;
    Whole('{', static_cast<int64_t>(members.size()));
    for (const auto& [name, member] : members) {
      Text(name);
      Nested(*member);
    }
  }
  void Nested(const Dynamic& value) {
    std::visit([this](const auto& held) { Held(held); }, value.held);
  }

  std::string bytes_;
};

}  // namespace

std::string AlertId(std::string_view rule_id,
                    const record::Row& key,
                    record::Ticks interval_start) {
  Encoder encoder;
  encoder.Text("keywatch-alert-1");
  encoder.Text(rule_id);
  encoder.Integer(key.size());
  for (const record::Value& value : key)
    encoder.Value(value);
  encoder.Integer(static_cast<uint64_t>(interval_start));
  Sha256Digest digest = Sha256(encoder.bytes());
  return HexEncode(digest.data(), 16);
}

}  // namespace keywatch::alert
