#include "engine/batch/aggregate.h"

#include <cmath>
#include <unordered_set>

#include "engine/base/check.h"

namespace keywatch::batch {

using record::Dynamic;
using record::Type;
using record::Value;

namespace {

bool IsTrue(const Value& value) { return !value.is_null() && value.boolean(); }

Value Count(size_t rows) { return Value::Long(static_cast<int64_t>(rows)); }

// Null values and rows whose condition is not true left out.
std::vector<Value> Present(const std::vector<Value>& values, const std::vector<Value>* condition) {
  std::vector<Value> out;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_null() && (condition == nullptr || IsTrue((*condition)[i]))) {
      out.push_back(values[i]);
    }
  }
  return out;
}

Value Sum(Type type, const std::vector<Value>& values) {
  if (type == Type::kReal) {
    double sum = 0;
    for (const Value& value : values)
      sum += value.real();
    return Value::Real(sum);
  }
  uint64_t sum = 0;
  for (const Value& value : values)
    sum += static_cast<uint64_t>(value.integral());
  return Value::Integral(type, static_cast<int64_t>(sum));
}

// NaN for an empty group of numbers, as the engine gives.
Value Average(Type type, const std::vector<Value>& values) {
  if (values.empty())
    return type == Type::kReal ? Value::Real(std::nan("")) : Value::Null(type);
  if (type != Type::kReal) {
    // Ticks since year 1 have more digits than a double holds, and their sum more than int64.
    __extension__ __int128 sum = 0;
    for (const Value& value : values)
      sum += value.integral();
    return Value::Integral(type, static_cast<int64_t>(sum / static_cast<int64_t>(values.size())));
  }
  double sum = 0;
  for (const Value& value : values)
    sum += value.number();
  return Value::Real(sum / static_cast<double>(values.size()));
}

Value Extreme(Type type, const std::vector<Value>& values, bool largest) {
  const Value* best = nullptr;
  for (const Value& value : values) {
    if (best == nullptr || (largest ? Compare(value, *best) > 0 : Compare(value, *best) < 0)) {
      best = &value;
    }
  }
  return best == nullptr ? Value::Null(type) : *best;
}

Value Collected(const std::vector<Value>& values, bool set, int64_t limit) {
  Dynamic::Array elements;
  std::unordered_set<std::string> seen;
  auto add = [&](Dynamic element) {
    if (static_cast<int64_t>(elements.size()) >= limit)
      return;
    if (set && !seen.insert(ToJson(element)).second)
      return;
    elements.push_back(std::move(element));
  };
  for (const Value& value : values) {
    Dynamic element = record::ToDynamic(value);
    const Dynamic::Array* nested = set ? element.array() : nullptr;
    if (nested == nullptr) {
      add(std::move(element));
      continue;
    }
    for (const Dynamic& inner : *nested)
      add(inner);  // make_set over arrays unions their elements
  }
  Dynamic out;
  out.held = std::move(elements);
  return Value::Of(std::move(out));
}

Value Distinct(const std::vector<Value>& values) {
  std::unordered_set<record::Row, record::RowHash, record::RowEqual> seen;
  for (const Value& value : values)
    seen.insert({value});
  return Count(seen.size());
}

// The arguments of the row with the largest first argument; nulls only count when all are null.
// Of equal rows the first counts.
std::vector<Value> ArgExtreme(const std::vector<std::vector<Value>>& args,
                              size_t rows,
                              bool largest,
                              const plan::Aggregate& aggregate) {
  size_t best = rows;
  for (size_t i = 0; i < rows; ++i) {
    const Value& value = args[0][i];
    if (best == rows) {
      best = i;
      continue;
    }
    const Value& champion = args[0][best];
    if (value.is_null())
      continue;
    if (champion.is_null() ||
        (largest ? Compare(value, champion) > 0 : Compare(value, champion) < 0)) {
      best = i;
    }
  }
  std::vector<Value> out;
  for (size_t a = 0; a < args.size(); ++a) {
    out.push_back(best == rows ? Value::Null(aggregate.args[a]->type) : args[a][best]);
  }
  return out;
}

}  // namespace

std::vector<Value> Aggregated(const plan::Aggregate& aggregate,
                              const std::vector<std::vector<Value>>& args,
                              size_t rows) {
  const std::string& function = aggregate.function;
  if (function == "arg_max" || function == "arg_min") {
    return ArgExtreme(args, rows, function == "arg_max", aggregate);
  }
  if (function == "count")
    return {Count(rows)};
  if (function == "countif") {
    size_t count = 0;
    for (const Value& value : args[0])
      count += IsTrue(value) ? 1 : 0;
    return {Count(count)};
  }
  bool conditional = function == "sumif" || function == "dcountif";
  std::vector<Value> values = Present(args[0], conditional ? &args[1] : nullptr);
  if (function == "sum" || function == "sumif")
    return {Sum(aggregate.type, values)};
  if (function == "avg")
    return {Average(aggregate.type, values)};
  if (function == "min" || function == "max") {
    return {Extreme(aggregate.type, values, function == "max")};
  }
  if (function == "dcount" || function == "dcountif")
    return {Distinct(values)};
  if (function == "make_set" || function == "make_list") {
    return {Collected(values, function == "make_set", aggregate.limit)};
  }
  KEYWATCH_CHECK(function == "take_any", "every aggregate of the catalog has code");
  return {values.empty() ? Value::Null(aggregate.type) : values[0]};
}

}  // namespace keywatch::batch
