#include "connectors/decode/structural_index.h"

#include <algorithm>

#include <simdjson.h>

namespace keywatch::decode {
namespace {

constexpr size_t kSmallestCapacity = size_t{64} << 10;
constexpr uint32_t kNothing[1] = {0};

}  // namespace

struct StructuralIndex::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  size_t capacity = 0;

  bool Reserve(size_t size) {
    if (parser != nullptr && capacity >= size)
      return true;
    size_t wanted = std::max({kSmallestCapacity, size, capacity * 2});
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            wanted, 1, parser) != simdjson::SUCCESS) {
      parser = nullptr;
      capacity = 0;
      return false;
    }
    capacity = wanted;
    return true;
  }
};

StructuralIndex::StructuralIndex() : impl_(std::make_unique<Impl>()) {}
StructuralIndex::~StructuralIndex() = default;

StructuralIndex::Outcome StructuralIndex::Build(std::string_view text) {
  begin_ = end_ = kNothing;
  if (text.empty())
    return Outcome::kOk;
  if (!impl_->Reserve(text.size()))
    return Outcome::kNoMemory;
  simdjson::error_code error = impl_->parser->stage1(
      reinterpret_cast<const uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular);
  switch (error) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      return Outcome::kOk;
    case simdjson::UTF8_ERROR:
      return Outcome::kInvalidUtf8;
    case simdjson::UNESCAPED_CHARS:
      return Outcome::kControlInString;
    case simdjson::UNCLOSED_STRING:
      return Outcome::kOpenString;
    default:
      return Outcome::kNoMemory;
  }
  begin_ = impl_->parser->structural_indexes.get();
  end_ = begin_ + impl_->parser->n_structural_indexes;
  return Outcome::kOk;
}

}  // namespace keywatch::decode
