#include "engine/pipeline/scan.h"

#include <algorithm>
#include <bit>

namespace keywatch::pipeline {

using record::ColumnData;
using record::Type;
using record::Value;

namespace {

// More distinct numbers than this are not worth remembering.
constexpr size_t kMaxNumbers = 4096;

// The only column a conjunct reads; null if it reads none or several.
std::optional<size_t> OnlyColumn(const plan::ExprPtr& conjunct, size_t width) {
  std::vector<bool> used(width);
  plan::CollectColumns(conjunct, &used);
  if (std::count(used.begin(), used.end(), true) != 1)
    return std::nullopt;
  return static_cast<size_t>(std::find(used.begin(), used.end(), true) - used.begin());
}

uint64_t NumberBits(const ColumnData& column, size_t row) {
  return column.type == Type::kReal ? std::bit_cast<uint64_t>(column.reals[row])
                                    : static_cast<uint64_t>(column.integers[row]);
}

}  // namespace

Scan::Scan(const std::vector<delta::LeafPlan>& leaves,
           const std::vector<std::vector<size_t>>& leaf_columns,
           const std::vector<BatchColumn>& all)
    : leaves_(leaves.size()),
      words_(std::max<size_t>(1, (leaves.size() + 63) / 64)),
      all_(words_),
      selected_(leaves.size()) {
  for (size_t leaf = 0; leaf < leaves_; ++leaf) {
    all_[leaf / 64] |= uint64_t{1} << (leaf % 64);
    size_t width = leaves[leaf].columns.columns.size();
    std::vector<plan::ExprPtr> rest;
    std::vector<size_t> with_needle;
    for (const plan::ExprPtr& conjunct : plan::Conjuncts(leaves[leaf].predicate)) {
      std::optional<size_t> own = OnlyColumn(conjunct, width);
      size_t column = own ? leaf_columns[leaf][*own] : 0;
      ScanUse use = own ? all[column].use : ScanUse::kNone;
      if (use == ScanUse::kValues) {
        std::vector<plan::ExprPtr> to_first(width);
        to_first[*own] = plan::ColumnRef(0, all[column].type);
        AddAtom(leaf, column, plan::Substitute(conjunct, to_first), all[column].type);
        continue;
      }
      rest.push_back(conjunct);
      bool first = std::find(with_needle.begin(), with_needle.end(), column) == with_needle.end();
      if (use == ScanUse::kNeedles && first && AddNeedle(leaf, column, conjunct))
        with_needle.push_back(column);
    }
    residual_.push_back(plan::And(rest));
  }
  for (TextScan& text : texts_)
    text.Compile();
}

// `conjunct` reads its column as number 0.
void Scan::AddAtom(size_t leaf, size_t column, const plan::ExprPtr& conjunct, record::Type type) {
  auto bits = std::find_if(
      columns_.begin(), columns_.end(), [&](const ColumnBits& c) { return c.column == column; });
  if (bits == columns_.end()) {
    columns_.push_back({});
    bits = std::prev(columns_.end());
    bits->column = column;
    bits->type = type;
  }
  bits->atoms.push_back({leaf, eval::Program(conjunct)});
}

bool Scan::AddNeedle(size_t leaf, size_t column, const plan::ExprPtr& conjunct) {
  std::optional<std::string> pattern = NeedlePattern(conjunct);
  if (!pattern)
    return false;
  auto text = std::find_if(
      texts_.begin(), texts_.end(), [&](const TextScan& t) { return t.column() == column; });
  if (text == texts_.end()) {
    texts_.emplace_back(column, words_);
    text = std::prev(texts_.end());
  }
  return text->Add(leaf, *pattern);
}

// The classes of values: a value's row of bits, shared with equal rows.
std::vector<uint32_t> Scan::Classify(ColumnBits* bits, const std::vector<Value>& values) {
  eval::Chunk chunk;
  chunk.rows = values.size();
  chunk.columns.push_back(eval::Vector::FromValues(bits->type, values));
  std::vector<std::vector<uint64_t>> rows(values.size(), all_);
  for (const Atom& atom : bits->atoms) {
    eval::Vector truth = atom.program.Run(chunk, {});
    for (size_t i = 0; i < values.size(); ++i) {
      bool holds = !truth.IsNull(i) && truth.Int(i) != 0;
      if (!holds)
        rows[i][atom.leaf / 64] &= ~(uint64_t{1} << (atom.leaf % 64));
    }
  }
  std::vector<uint32_t> classes;
  classes.reserve(values.size());
  for (std::vector<uint64_t>& row : rows) {
    auto next = static_cast<uint32_t>(bits->classes.size());
    auto [known, is_new] = bits->classes.try_emplace(row, next);
    if (is_new)
      bits->class_bits.insert(bits->class_bits.end(), row.begin(), row.end());
    classes.push_back(known->second);
  }
  return classes;
}

const std::vector<uint32_t>& Scan::ClassesOfCodes(ColumnBits* bits, const ColumnData& column) {
  auto known = std::find_if(bits->codes.begin(), bits->codes.end(), [&](const CodeClasses& one) {
    return one.dictionary == column.dictionary;
  });
  if (known == bits->codes.end())
    known = bits->codes.insert(known, {column.dictionary, column.dictionary->generation(), {}});
  if (known->generation != column.dictionary->generation()) {
    known->class_of_code.clear();
    known->generation = column.dictionary->generation();
  }
  std::vector<uint32_t>& class_of_code = known->class_of_code;
  std::vector<Value> values;
  for (size_t code = class_of_code.size(); code < column.dictionary->size(); ++code) {
    std::string text(column.dictionary->At(static_cast<record::Code>(code)));
    bool null_guid = bits->type == Type::kGuid && text.empty();
    values.push_back(null_guid                   ? Value::Null(Type::kGuid)
                     : bits->type == Type::kGuid ? Value::Guid(text)
                                                 : Value::String(text));
  }
  if (!values.empty()) {
    std::vector<uint32_t> classes = Classify(bits, values);
    class_of_code.insert(class_of_code.end(), classes.begin(), classes.end());
  }
  return class_of_code;
}

uint32_t Scan::NumberClass(ColumnBits* bits, const ColumnData& column, size_t row) {
  if (column.nulls[row] != 0) {
    if (!bits->null_known)
      bits->class_of_null = Classify(bits, {Value::Null(column.type)})[0];
    bits->null_known = true;
    return bits->class_of_null;
  }
  uint64_t number = NumberBits(column, row);
  auto known = bits->class_of_value.find(number);
  if (known != bits->class_of_value.end())
    return known->second;
  uint32_t found = Classify(bits, {record::CellValue(column, row)})[0];
  if (bits->class_of_value.size() >= kMaxNumbers)
    bits->class_of_value.clear();
  bits->class_of_value.emplace(number, found);
  return found;
}

void Scan::AndColumn(ColumnBits* bits, const ColumnData& column, size_t rows) {
  bool dictionary = column.type == Type::kString || column.type == Type::kGuid;
  const std::vector<uint32_t>* class_of_code = dictionary ? &ClassesOfCodes(bits, column) : nullptr;
  uint64_t last_number = 0;
  uint32_t last_class = 0;
  bool last_known = false;
  for (size_t row = 0; row < rows; ++row) {
    uint32_t value_class = 0;
    if (dictionary) {
      value_class = (*class_of_code)[column.codes[row]];
    } else if (column.nulls[row] == 0 && last_known && NumberBits(column, row) == last_number) {
      value_class = last_class;
    } else {
      value_class = NumberClass(bits, column, row);
      last_known = column.nulls[row] == 0;
      last_number = NumberBits(column, row);
      last_class = value_class;
    }
    const uint64_t* of_class = &bits->class_bits[value_class * words_];
    uint64_t* of_row = &rows_[row * words_];
    for (size_t w = 0; w < words_; ++w)
      of_row[w] &= of_class[w];
  }
}

std::vector<size_t> Scan::ColumnsRead() const {
  std::vector<size_t> read;
  for (const ColumnBits& bits : columns_)
    read.push_back(bits.column);
  for (const TextScan& text : texts_)
    read.push_back(text.column());
  return read;
}

const std::vector<std::vector<uint32_t>>& Scan::Run(const Columns& columns, size_t rows) {
  rows_.resize(rows * words_);
  for (size_t row = 0; row < rows; ++row) {
    std::copy(all_.begin(), all_.end(), rows_.begin() + static_cast<ptrdiff_t>(row * words_));
  }
  for (ColumnBits& bits : columns_)
    AndColumn(&bits, *columns[bits.column], rows);
  for (TextScan& text : texts_) {
    const ColumnData& column = *columns[text.column()];
    for (size_t row = 0; row < rows; ++row)
      text.And(column.texts[row], &rows_[row * words_]);
  }
  for (auto& of_leaf : selected_)
    of_leaf.clear();
  for (size_t row = 0; row < rows; ++row) {
    for (size_t w = 0; w < words_; ++w) {
      for (uint64_t left = rows_[row * words_ + w]; left != 0; left &= left - 1) {
        auto leaf = w * 64 + static_cast<size_t>(std::countr_zero(left));
        selected_[leaf].push_back(static_cast<uint32_t>(row));
      }
    }
  }
  return selected_;
}

}  // namespace keywatch::pipeline
