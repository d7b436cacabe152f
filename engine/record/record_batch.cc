#include "engine/record/record_batch.h"

namespace keywatch::record {

size_t BatchLayout::Add(const Table& table, const TableColumn& column) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const LayoutColumn& known = columns_[i];
    if (known.source == column.source && known.type == column.type && !column.source.empty()) {
      return i;
    }
    if (known.table == table.name && known.name == column.name)
      return i;
  }
  columns_.push_back({table.name, column.name, column.type, column.source, column.storage});
  return columns_.size() - 1;
}

Value CellValue(const ColumnData& column, size_t row) {
  switch (column.type) {
    case Type::kString:
    case Type::kGuid: {
      std::string_view text = column.storage == Storage::kDictionary
                                  ? column.dictionary->At(column.codes[row])
                                  : column.texts[row];
      if (column.type == Type::kString)
        return Value::String(std::string(text));
      return text.empty() ? Value::Null(Type::kGuid) : Value::Guid(std::string(text));
    }
    case Type::kDynamic: {
      std::optional<Dynamic> parsed;
      if (!column.texts[row].empty())
        parsed = ParseJson(column.texts[row]);
      return parsed ? Value::Of(std::move(*parsed)) : Value::Null(Type::kDynamic);
    }
    case Type::kReal:
      return column.nulls[row] != 0 ? Value::Null(Type::kReal) : Value::Real(column.reals[row]);
    default:
      return column.nulls[row] != 0 ? Value::Null(column.type)
                                    : Value::Integral(column.type, column.integers[row]);
  }
}

}  // namespace keywatch::record
