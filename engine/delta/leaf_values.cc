#include "engine/delta/leaf_values.h"

#include <algorithm>

#include "engine/record/dynamic.h"

namespace keywatch::delta {

using record::Ticks;
using record::Type;

namespace {

void AppendBytes(uint64_t value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

// One cell of a partition key, so that equal values of equal kind have equal bytes: a length or a
// number, then text.
void AppendCell(const eval::Vector& vector, size_t row, std::string* out) {
  if (vector.IsNull(row)) {
    out->push_back('\0');
    return;
  }
  out->push_back('\1');
  switch (vector.type()) {
    case Type::kString:
    case Type::kGuid:
      AppendBytes(vector.Text(row).size(), out);
      out->append(vector.Text(row));
      break;
    case Type::kReal: {
      double real = vector.Real(row) == 0 ? 0 : vector.Real(row);  // -0.0 is 0.0
      uint64_t bits = 0;
      static_assert(sizeof bits == sizeof real);
      std::copy_n(
          reinterpret_cast<const char*>(&real), sizeof real, reinterpret_cast<char*>(&bits));
      AppendBytes(bits, out);
      break;
    }
    case Type::kDynamic: {
      std::string text = record::ToJson(*vector.Dynamic(row));
      AppendBytes(text.size(), out);
      out->append(text);
      break;
    }
    default:
      AppendBytes(static_cast<uint64_t>(vector.Int(row)), out);
  }
}

}  // namespace

LeafValues::LeafValues(const LeafPlan& leaf, const LeafProgram& program, const eval::Chunk& rows)
    : leaf_(leaf),
      bounds_(RunAll(program.bounds, rows)),
      output_(RunAll(program.output, rows)),
      partition_(RunAll(program.partition, rows)) {}

LeafValues::Columns LeafValues::RunAll(const std::vector<eval::Program>& programs,
                                       const eval::Chunk& rows) {
  Columns out;
  out.reserve(programs.size());
  for (const eval::Program& program : programs) {
    std::optional<size_t> column = program.column();
    out.push_back(column ? &rows.columns[*column] : &computed_.emplace_back(program.Run(rows, {})));
  }
  return out;
}

bool LeafValues::Narrow(size_t row, Ticks* lo, Ticks* hi) const {
  for (size_t b = 0; b < bounds_.size(); ++b) {
    if (bounds_[b]->IsNull(row))
      return false;
    Ticks at = bounds_[b]->Int(row) + leaf_.bounds[b].offset;
    if (leaf_.bounds[b].lower) {
      *lo = std::max(*lo, at);
    } else {
      *hi = std::min(*hi, at);
    }
  }
  return true;
}

void LeafValues::AppendKey(size_t row, std::string* key) const {
  for (const eval::Vector* column : partition_)
    AppendCell(*column, row, key);
}

record::Row LeafValues::Output(size_t row) const {
  record::Row values;
  values.reserve(output_.size());
  for (const eval::Vector* column : output_)
    values.push_back(column->ValueAt(row));
  return values;
}

}  // namespace keywatch::delta
