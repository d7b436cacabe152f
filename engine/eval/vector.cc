#include "engine/eval/vector.h"

#include <algorithm>

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

bool IsText(Type type) { return type == Type::kString || type == Type::kGuid; }

}  // namespace

Vector Vector::Constant(const Value& value) {
  Vector out(value.type());
  out.PushValue(value);
  out.constant_ = true;
  return out;
}

Vector Vector::ConstantView(const Value& value) {
  Vector out(value.type());
  if (IsText(value.type()) && !value.is_null()) {
    out.PushView(value.string());
  } else {
    out.PushValue(value);
  }
  out.constant_ = true;
  return out;
}

Vector Vector::FromValues(Type type, const std::vector<Value>& values) {
  Vector out(type);
  out.Reserve(values.size());
  for (const Value& value : values)
    out.PushValue(value);
  return out;
}

Value Vector::ValueAt(size_t row) const {
  if (IsNull(row))
    return Value::Null(type_);
  switch (type_) {
    case Type::kReal:
      return Value::Real(Real(row));
    case Type::kString:
      return Value::String(std::string(Text(row)));
    case Type::kGuid:
      return Value::Guid(std::string(Text(row)));
    case Type::kDynamic:
      return Value::Of(Dynamic(row));
    default:
      return Value::Integral(type_, Int(row));
  }
}

void Vector::Reserve(size_t rows) {
  nulls_.reserve(rows);
  if (IsText(type_)) {
    texts_.reserve(rows);
  } else if (type_ == Type::kReal) {
    reals_.reserve(rows);
  } else if (type_ == Type::kDynamic) {
    dynamics_.reserve(rows);
  } else {
    ints_.reserve(rows);
  }
}

void Vector::PushNull() {
  nulls_.push_back(type_ == Type::kString ? 0 : 1);
  if (IsText(type_)) {
    texts_.emplace_back("", 0);
  } else if (type_ == Type::kReal) {
    reals_.push_back(0);
  } else if (type_ == Type::kDynamic) {
    dynamics_.emplace_back();
  } else {
    ints_.push_back(0);
  }
}

void Vector::PushInt(int64_t value) {
  nulls_.push_back(0);
  ints_.push_back(value);
}

void Vector::PushReal(double value) {
  nulls_.push_back(0);
  reals_.push_back(value);
}

void Vector::PushView(std::string_view text) {
  nulls_.push_back(0);
  texts_.push_back(text);
}

void Vector::PushText(std::string text) {
  if (arena_ == nullptr)
    arena_ = std::make_shared<TextArena>();
  PushView(arena_->emplace_back(std::move(text)));
}

void Vector::PushDynamic(record::DynamicPtr value) {
  nulls_.push_back(value == nullptr || value->is_null() ? 1 : 0);
  dynamics_.push_back(std::move(value));
}

void Vector::PushValue(const Value& value) {
  if (value.is_null())
    return PushNull();
  switch (type_) {
    case Type::kReal:
      return PushReal(value.number());
    case Type::kString:
    case Type::kGuid:
      return PushText(value.string());
    case Type::kDynamic:
      return PushDynamic(value.dynamic());
    default:
      return PushInt(value.integral());
  }
}

void Vector::PushFrom(const Vector& other, size_t row) {
  if (other.IsNull(row))
    return PushNull();
  switch (type_) {
    case Type::kReal:
      return PushReal(other.Real(row));
    case Type::kString:
    case Type::kGuid:
      return PushView(other.Text(row));
    case Type::kDynamic:
      return PushDynamic(other.Dynamic(row));
    default:
      return PushInt(other.Int(row));
  }
}

void Vector::KeepAlive(const Vector& other) {
  auto add = [&](const std::shared_ptr<const TextArena>& arena) {
    if (arena != nullptr && std::find(alive_.begin(), alive_.end(), arena) == alive_.end()) {
      alive_.push_back(arena);
    }
  };
  add(other.arena_);
  for (const auto& arena : other.alive_)
    add(arena);
}

}  // namespace keywatch::eval
