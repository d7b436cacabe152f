// A column of values of one type, the unit the evaluator works on. A constant holds one value that
// stands for every row. Text is held as views; what the evaluator computed is owned by an arena
// that the vector keeps alive, what came in belongs to the caller.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/record/value.h"

namespace keywatch::eval {

using TextArena = std::deque<std::string>;

class Vector {
 public:
  Vector() = default;
  explicit Vector(record::Type type) : type_(type) {}

  static Vector Constant(const record::Value& value);
  // Without a copy of a text: `value` stays where it is.
  static Vector ConstantView(const record::Value& value);
  static Vector FromValues(record::Type type, const std::vector<record::Value>& values);

  [[nodiscard]] record::Type type() const { return type_; }
  [[nodiscard]] bool constant() const { return constant_; }
  [[nodiscard]] size_t stored() const { return nulls_.size(); }

  // Row access; row is below the number of rows of the chunk, or anything for a constant.
  [[nodiscard]] bool IsNull(size_t row) const { return nulls_[At(row)] != 0; }
  [[nodiscard]] int64_t Int(size_t row) const { return ints_[At(row)]; }
  [[nodiscard]] double Real(size_t row) const { return reals_[At(row)]; }
  [[nodiscard]] std::string_view Text(size_t row) const { return texts_[At(row)]; }
  [[nodiscard]] const record::DynamicPtr& Dynamic(size_t row) const { return dynamics_[At(row)]; }
  [[nodiscard]] double Number(size_t row) const {
    return type_ == record::Type::kReal ? Real(row) : static_cast<double>(Int(row));
  }
  [[nodiscard]] record::Value ValueAt(size_t row) const;

  void Reserve(size_t rows);
  void PushNull();  // of a string: ""
  void PushInt(int64_t value);
  void PushReal(double value);
  void PushView(std::string_view text);        // the caller keeps the text alive
  void PushText(std::string text);             // owned
  void PushDynamic(record::DynamicPtr value);  // null pointer: null
  void PushValue(const record::Value& value);
  // Row `row` of a vector of the same type; its text is kept alive.
  void PushFrom(const Vector& other, size_t row);
  void KeepAlive(const Vector& other);
  // The one value that is stored stands for every row.
  void MakeConstant() { constant_ = true; }

 private:
  [[nodiscard]] size_t At(size_t row) const { return constant_ ? 0 : row; }

  record::Type type_ = record::Type::kString;
  bool constant_ = false;
  std::vector<uint8_t> nulls_;
  std::vector<int64_t> ints_;
  std::vector<double> reals_;
  std::vector<std::string_view> texts_;
  std::vector<record::DynamicPtr> dynamics_;
  std::shared_ptr<TextArena> arena_;
  std::vector<std::shared_ptr<const TextArena>> alive_;
};

// The input of an evaluation: columns by number; a column that no expression reads may be empty.
struct Chunk {
  size_t rows = 0;
  std::vector<Vector> columns;
  record::Ticks ingestion_time = 0;  // of every row; 0: unknown
};

}  // namespace keywatch::eval
