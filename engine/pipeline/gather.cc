#include "engine/pipeline/gather.h"

namespace keywatch::pipeline {

using record::Type;

eval::Vector Gather(const record::ColumnData& column, const std::vector<uint32_t>& rows) {
  eval::Vector out(column.type);
  out.Reserve(rows.size());
  bool dictionary = column.storage == record::Storage::kDictionary;
  for (uint32_t row : rows) {
    switch (column.type) {
      case Type::kString:
        out.PushView(dictionary ? column.dictionary->At(column.codes[row]) : column.texts[row]);
        break;
      case Type::kReal:
        if (column.nulls[row] != 0) {
          out.PushNull();
        } else {
          out.PushReal(column.reals[row]);
        }
        break;
      case Type::kGuid:
      case Type::kDynamic:
        out.PushValue(record::CellValue(column, row));
        break;
      default:
        if (column.nulls[row] != 0) {
          out.PushNull();
        } else {
          out.PushInt(column.integers[row]);
        }
    }
  }
  return out;
}

}  // namespace keywatch::pipeline
