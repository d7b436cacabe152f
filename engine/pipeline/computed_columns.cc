#include "engine/pipeline/computed_columns.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/record/hash.h"

namespace keywatch::pipeline {

using record::Code;
using record::ColumnData;
using record::Storage;
using record::Type;

namespace {

constexpr Code kUnknown = UINT32_MAX;

bool IsText(Type type) {
  return type == Type::kString || type == Type::kGuid || type == Type::kDynamic;
}

}  // namespace

KeyCodes::KeyCodes() : slots_(64), seed_(record::ProcessHashSeed()) {}

size_t KeyCodes::Place(uint64_t low, uint64_t high) const {
  return static_cast<size_t>(record::FinishHash({low, high}, seed_, 16, seed_)) &
         (slots_.size() - 1);
}

Code KeyCodes::Intern(uint64_t low, uint64_t high) {
  size_t mask = slots_.size() - 1;
  for (size_t i = Place(low, high);; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.code_plus_one == 0) {
      slot = {low, high, static_cast<Code>(++size_)};
      auto code = static_cast<Code>(size_ - 1);
      if (size_ * 2 > slots_.size())
        Grow();
      return code;
    }
    if (slot.low == low && slot.high == high)
      return slot.code_plus_one - 1;
  }
}

void KeyCodes::Grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code_plus_one == 0)
      continue;
    size_t i = Place(slot.low, slot.high);
    while (slots_[i].code_plus_one != 0)
      i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void KeyCodes::Clear() {
  slots_.assign(64, Slot{});
  size_ = 0;
}

ComputedColumns::ComputedColumns(std::vector<ComputedColumn> computed,
                                 const std::vector<BatchColumn>& all,
                                 size_t max_bytes)
    : layout_(all.size() - computed.size()),
      max_bytes_(max_bytes),
      codes_(all.size()),
      columns_(all.size()) {
  for (size_t n = 0; n < computed.size(); ++n) {
    ComputedColumn& column = computed[n];
    for (size_t input : column.inputs) {
      if (codes_[input] == nullptr)
        codes_[input] = std::make_unique<Codes>();
    }
    codes_[layout_ + n] = std::make_unique<Codes>();
    std::vector<KeyCodes> pairs(column.inputs.size() - 1);
    computed_.push_back(std::make_unique<Computed>(Computed{
        std::move(column.inputs), eval::Program(column.expr), std::move(pairs), {}, {}, {}}));
    ColumnData& data = computed_.back()->data;
    data.type = all[layout_ + n].type;
    data.storage = IsText(data.type) ? Storage::kDictionary : Storage::kText;
    data.dictionary = &codes_[layout_ + n]->texts;
    columns_[layout_ + n] = &data;
  }
}

void ComputedColumns::Begin(const record::RecordBatch& batch) {
  if (bytes() > max_bytes_)
    Forget();
  for (size_t column = 0; column < layout_; ++column)
    columns_[column] = &batch.columns[column];
  for (auto& codes : codes_) {
    if (codes != nullptr)
      codes->of_row.assign(batch.rows, kUnknown);
  }
  for (auto& computed : computed_) {
    ColumnData& data = computed->data;
    if (IsText(data.type)) {
      data.codes.resize(batch.rows);
    } else {
      data.nulls.resize(batch.rows);
      (data.type == Type::kReal ? data.reals.resize(batch.rows) : data.integers.resize(batch.rows));
    }
  }
}

size_t ComputedColumns::bytes() const {
  size_t bytes = 0;
  for (const auto& codes : codes_) {
    if (codes != nullptr)
      bytes += codes->texts.bytes() + codes->numbers.bytes();
  }
  for (const auto& computed : computed_) {
    bytes += computed->result.size() * sizeof(Code) + computed->numbers.size() * sizeof(Number);
    for (const KeyCodes& pair : computed->pairs)
      bytes += pair.bytes();
  }
  return bytes;
}

void ComputedColumns::Forget() {
  for (auto& codes : codes_) {
    if (codes == nullptr)
      continue;
    codes->texts.Clear();
    codes->numbers.Clear();
    codes->translations.clear();
  }
  for (auto& computed : computed_) {
    computed->result.clear();
    computed->numbers.clear();
    for (KeyCodes& pair : computed->pairs)
      pair.Clear();
  }
  ++resets_;
}

// The codes of a layout's column.
void ComputedColumns::Encode(size_t column, const std::vector<uint32_t>& rows) {
  Codes& codes = *codes_[column];
  const ColumnData& data = *columns_[column];
  if (IsText(data.type) && data.storage == Storage::kDictionary) {
    auto known = std::find_if(codes.translations.begin(),
                              codes.translations.end(),
                              [&](const Translation& one) { return one.from == data.dictionary; });
    if (known == codes.translations.end())
      known =
          codes.translations.insert(known, {data.dictionary, data.dictionary->generation(), {}});
    if (known->generation != data.dictionary->generation()) {
      known->to.clear();
      known->generation = data.dictionary->generation();
    }
    for (size_t code = known->to.size(); code < data.dictionary->size(); ++code)
      known->to.push_back(codes.texts.Intern(data.dictionary->At(static_cast<Code>(code))));
    for (uint32_t row : rows)
      codes.of_row[row] = known->to[data.codes[row]];
    return;
  }
  for (uint32_t row : rows) {
    if (codes.of_row[row] != kUnknown)
      continue;
    if (IsText(data.type)) {
      codes.of_row[row] = codes.texts.Intern(data.texts[row]);
    } else if (data.nulls[row] != 0) {
      codes.of_row[row] = codes.numbers.Intern(0, 1);
    } else {
      uint64_t bits = data.type == Type::kReal ? std::bit_cast<uint64_t>(data.reals[row])
                                               : static_cast<uint64_t>(data.integers[row]);
      codes.of_row[row] = codes.numbers.Intern(bits, 0);
    }
  }
}

std::vector<Code> ComputedColumns::CodesOfInputs(Computed* computed,
                                                 const std::vector<uint32_t>& rows) {
  std::vector<Code> keys(rows.size());
  for (size_t n = 0; n < computed->inputs.size(); ++n) {
    size_t input = computed->inputs[n];
    if (input < layout_) {
      Encode(input, rows);
    } else {
      Compute(input, rows);
    }
    const std::vector<Code>& of_row = codes_[input]->of_row;
    for (size_t i = 0; i < rows.size(); ++i)
      keys[i] = n == 0 ? of_row[rows[i]] : computed->pairs[n - 1].Intern(keys[i], of_row[rows[i]]);
  }
  return keys;
}

// The results for `keys`, which are new: keys[i] is that of rows[i].
void ComputedColumns::Evaluate(Computed* computed,
                               Codes* codes,
                               const std::vector<uint32_t>& rows,
                               const std::vector<Code>& keys) {
  eval::Chunk chunk;
  chunk.rows = rows.size();
  for (size_t input : computed->inputs)
    chunk.columns.push_back(Gather(*columns_[input], rows));
  eval::Vector values = computed->program.Run(chunk, {});
  for (size_t i = 0; i < rows.size(); ++i) {
    Code code = 0;
    if (IsText(computed->data.type)) {
      code = codes->texts.Intern(values.Text(i));
    } else {
      Number number;
      number.null = values.IsNull(i);
      if (!number.null) {
        number.bits = values.type() == Type::kReal ? std::bit_cast<uint64_t>(values.Real(i))
                                                   : static_cast<uint64_t>(values.Int(i));
      }
      code = codes->numbers.Intern(number.bits, number.null ? 1 : 0);
      if (code == computed->numbers.size())
        computed->numbers.push_back(number);
    }
    computed->result[keys[i]] = code;
  }
}

void ComputedColumns::Compute(size_t column, const std::vector<uint32_t>& rows) {
  if (column < layout_)
    return;
  Computed& computed = *computed_[column - layout_];
  Codes& codes = *codes_[column];
  std::vector<uint32_t> missing;
  for (uint32_t row : rows) {
    if (codes.of_row[row] == kUnknown)
      missing.push_back(row);
  }
  if (missing.empty())
    return;
  std::vector<Code> keys = CodesOfInputs(&computed, missing);
  std::vector<uint32_t> new_rows;
  std::vector<Code> new_keys;
  for (size_t i = 0; i < missing.size(); ++i) {
    if (keys[i] >= computed.result.size())
      computed.result.resize(keys[i] + 1, kUnknown);
    Code& result = computed.result[keys[i]];
    if (result != kUnknown)
      continue;
    result = 0;  // until it is evaluated below: each key once
    new_rows.push_back(missing[i]);
    new_keys.push_back(keys[i]);
  }
  if (!new_rows.empty())
    Evaluate(&computed, &codes, new_rows, new_keys);
  ColumnData& data = computed.data;
  for (size_t i = 0; i < missing.size(); ++i) {
    uint32_t row = missing[i];
    Code code = computed.result[keys[i]];
    codes.of_row[row] = code;
    if (IsText(data.type)) {
      data.codes[row] = code;
      continue;
    }
    const Number& number = computed.numbers[code];
    data.nulls[row] = number.null ? 1 : 0;
    if (data.type == Type::kReal) {
      data.reals[row] = std::bit_cast<double>(number.bits);
    } else {
      data.integers[row] = static_cast<int64_t>(number.bits);
    }
  }
}

}  // namespace keywatch::pipeline
