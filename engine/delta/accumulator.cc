#include "engine/delta/accumulator.h"

#include <cmath>
#include <set>

namespace keywatch::delta {

using record::Row;
using record::Type;
using record::Value;

bool RowLess::operator()(const Row& a, const Row& b) const {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    auto order = record::Compare(a[i], b[i]);
    if (order != 0)
      return order < 0;
  }
  return a.size() < b.size();
}

Accumulator::Accumulator(const plan::Aggregate& aggregate) : aggregate_(&aggregate) {
  const std::string& f = aggregate.function;
  if (f == "count" || f == "countif") {
    kind_ = Kind::kCount;
  } else if (f == "sum" || f == "sumif" || f == "avg") {
    kind_ = Kind::kSum;
  } else if (f == "arg_max" || f == "arg_min") {
    kind_ = Kind::kExtreme;
  } else {
    kind_ = Kind::kBag;
  }
}

// Whether the row takes part: its condition is true, its value is not null.
bool Accumulator::Counts(const Row& args) const {
  auto is_true = [](const Value& value) { return !value.is_null() && value.boolean(); };
  const std::string& f = aggregate_->function;
  if (f == "count")
    return true;
  if (f == "countif")
    return is_true(args[0]);
  if (kind_ == Kind::kExtreme)
    return true;
  if (args[0].is_null())
    return false;
  return (f != "sumif" && f != "dcountif") || is_true(args[1]);
}

void Accumulator::Apply(const Row& args, int weight) {
  if (!Counts(args))
    return;
  count_ += weight;
  if (kind_ == Kind::kSum) {
    const Value& value = args[0];
    if (value.type() == Type::kReal) {
      real_sum_.Apply(value.real(), weight);
    } else {
      whole_sum_ += static_cast<decltype(whole_sum_)>(value.integral()) * weight;
    }
  } else if (kind_ != Kind::kCount) {
    Row held = kind_ == Kind::kExtreme ? args : Row{args[0]};
    auto entry = bag_.try_emplace(std::move(held), 0).first;
    entry->second += weight;
    if (entry->second == 0)
      bag_.erase(entry);
  }
}

Value Accumulator::Collected() const {
  bool set = aggregate_->function == "make_set";
  record::Dynamic::Array elements;
  std::set<std::string> seen;
  auto add = [&](record::Dynamic element) {
    if (static_cast<int64_t>(elements.size()) >= aggregate_->limit)
      return;
    if (set && !seen.insert(ToJson(element)).second)
      return;
    elements.push_back(std::move(element));
  };
  for (const auto& [args, times] : bag_) {
    record::Dynamic element = record::ToDynamic(args[0]);
    const record::Dynamic::Array* nested = set ? element.array() : nullptr;
    for (int64_t i = 0; i < (set ? 1 : times); ++i) {
      if (nested == nullptr) {
        add(element);
      } else {
        for (const record::Dynamic& inner : *nested)
          add(inner);
      }
    }
  }
  record::Dynamic out;
  out.held = std::move(elements);
  return Value::Of(std::move(out));
}

Row Accumulator::Result() const {
  const std::string& f = aggregate_->function;
  Type type = aggregate_->type;
  if (kind_ == Kind::kCount)
    return {Value::Long(count_)};
  if (kind_ == Kind::kSum) {
    bool real = !aggregate_->args.empty() && aggregate_->args[0]->type == Type::kReal;
    if (f == "avg") {
      if (count_ == 0)
        return {type == Type::kReal ? Value::Real(std::nan("")) : Value::Null(type)};
      if (type != Type::kReal)
        return {Value::Integral(type, static_cast<int64_t>(whole_sum_ / count_))};
      long double sum = real ? real_sum_.Total() : static_cast<long double>(whole_sum_);
      return {Value::Real(static_cast<double>(sum / static_cast<long double>(count_)))};
    }
    return {real ? Value::Real(static_cast<double>(real_sum_.Total()))
                 : Value::Integral(type, static_cast<int64_t>(whole_sum_))};
  }
  if (kind_ == Kind::kExtreme) {
    if (bag_.empty()) {
      Row out;
      for (const plan::ExprPtr& arg : aggregate_->args)
        out.push_back(Value::Null(arg->type));
      return out;
    }
    if (f == "arg_max")
      return bag_.rbegin()->first;  // nulls sort first
    for (const auto& [args, times] : bag_) {
      if (!args[0].is_null())
        return args;
    }
    return bag_.begin()->first;
  }
  if (f == "dcount" || f == "dcountif")
    return {Value::Long(static_cast<int64_t>(bag_.size()))};
  if (f == "make_set" || f == "make_list")
    return {Collected()};
  if (bag_.empty())
    return {Value::Null(type)};
  return f == "max" ? bag_.rbegin()->first : bag_.begin()->first;  // min, take_any
}

}  // namespace keywatch::delta
