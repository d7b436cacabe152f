#include "engine/pipeline/column_sharing.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "engine/pipeline/text_scan.h"
#include "engine/state/byte_writer.h"

namespace keywatch::pipeline {

using plan::ExprKind;
using plan::ExprPtr;
using record::Storage;
using record::Type;

namespace {

// One expression, however many leaves have it. Its arguments come before it.
struct Term {
  ExprPtr expr;  // over the columns of the layout
  std::vector<size_t> args;
  std::vector<size_t> parents;
  bool memorable = false;        // a function of cells whose values come again
  bool repeats = false;          // and there are few of them
  bool condition = false;        // of a filter
  size_t places = 0;             // how many expressions of leaves it is part of
  size_t counted = 0;            // the last of them, numbered from 1
  std::optional<size_t> column;  // of the batch: a column as it is, or a computed one
};

bool CanBeComputed(Type type) {
  return type == Type::kString || type == Type::kBool || type == Type::kInt ||
         type == Type::kLong || type == Type::kReal;
}

ScanUse UseOf(const record::LayoutColumn& column) {
  bool text = column.storage == Storage::kText;
  switch (column.type) {
    case Type::kString:
      return text ? ScanUse::kNeedles : ScanUse::kValues;
    case Type::kGuid:
      return text ? ScanUse::kNone : ScanUse::kValues;
    case Type::kBool:
    case Type::kInt:
    case Type::kLong:
    case Type::kReal:
      return ScanUse::kValues;
    default:  // times do not come again
      return ScanUse::kNone;
  }
}

void AppendNumber(uint64_t number, std::string* key) { state::ByteWriter(key).U64(number); }

class Terms {
 public:
  explicit Terms(const record::BatchLayout& layout) : all_(ColumnsOf(layout)) {}

  // The term of an expression of a leaf; `columns` says where the leaf's columns are.
  size_t Add(const ExprPtr& expr, const std::vector<size_t>& columns) {
    Term term;
    std::string key;
    AppendNumber(static_cast<uint64_t>(expr->kind), &key);
    AppendNumber(static_cast<uint64_t>(expr->type), &key);
    std::vector<ExprPtr> args;
    for (const ExprPtr& arg : expr->args) {
      term.args.push_back(Add(arg, columns));
      AppendNumber(term.args.back(), &key);
      args.push_back(terms_[term.args.back()].expr);
    }
    term.expr = args.empty() ? expr : plan::WithArgs(expr, std::move(args));
    if (expr->kind == ExprKind::kColumn) {
      term.column = columns[expr->column];
      term.expr = plan::ColumnRef(*term.column, expr->type, expr->span);
    }
    AppendNumber(term.expr->column, &key);
    AppendNumber(expr->fold_case ? 1 : 0, &key);
    AppendNumber(reinterpret_cast<uintptr_t>(expr->lookup.get()), &key);
    AppendNumber(reinterpret_cast<uintptr_t>(expr->subquery.get()), &key);
    state::ByteWriter(&key).String(expr->function);
    if (plan::IsLiteral(expr))
      state::ByteWriter(&key).Value(expr->literal);
    auto [known, is_new] = numbers_.try_emplace(std::move(key), terms_.size());
    if (is_new) {
      Judge(&term);
      for (size_t arg : term.args)
        terms_[arg].parents.push_back(terms_.size());
      terms_.push_back(std::move(term));
    }
    return known->second;
  }

  // One expression of a leaf.
  size_t AddPlace(const ExprPtr& expr, const std::vector<size_t>& columns, bool condition) {
    size_t number = Add(expr, columns);
    if (condition)
      terms_[number].condition = true;
    ++places_;
    Count(number);
    return number;
  }

  // Once all places are known: makes columns of terms.
  void Choose() {
    for (Term& term : terms_) {
      bool seen = term.repeats ? term.places >= 1 : term.places >= 2;
      if (!term.memorable || term.column || !seen || !IsOutermost(term) || IsDecidedByScan(term))
        continue;
      ComputedColumn column;
      std::vector<ExprPtr> local;
      column.expr = OverColumns(term, &column.inputs);
      term.column = all_.size();
      computed_.push_back(std::move(column));
      all_.push_back({term.expr->type, term.repeats ? ScanUse::kValues : ScanUse::kNone});
    }
  }

  // The expression over columns of the batch, each numbered by its place in `inputs`.
  ExprPtr OverColumns(const Term& term, std::vector<size_t>* inputs) const {
    if (term.column) {
      auto known = std::find(inputs->begin(), inputs->end(), *term.column);
      auto place = static_cast<size_t>(known - inputs->begin());
      if (known == inputs->end())
        inputs->push_back(*term.column);
      return plan::ColumnRef(place, term.expr->type, term.expr->span);
    }
    if (term.args.empty())
      return term.expr;
    std::vector<ExprPtr> args;
    for (size_t arg : term.args)
      args.push_back(OverColumns(terms_[arg], inputs));
    return plan::WithArgs(term.expr, std::move(args));
  }

  [[nodiscard]] const Term& at(size_t number) const { return terms_[number]; }
  [[nodiscard]] std::vector<ComputedColumn>& computed() { return computed_; }
  [[nodiscard]] std::vector<BatchColumn>& all() { return all_; }

 private:
  void Judge(Term* term) const {
    switch (term->expr->kind) {
      case ExprKind::kColumn:
        term->memorable =
            term->expr->type != Type::kDatetime && term->expr->type != Type::kTimespan;
        term->repeats = term->memorable && all_[*term->column].use == ScanUse::kValues;
        return;
      case ExprKind::kLiteral:
        term->memorable = term->repeats = true;
        return;
      case ExprKind::kCall:
      case ExprKind::kLookup:
        term->memorable = term->repeats = true;
        for (size_t arg : term->args) {
          term->memorable = term->memorable && terms_[arg].memorable;
          term->repeats = term->repeats && terms_[arg].repeats;
        }
        return;
      default:
        return;
    }
  }

  void Count(size_t number) {
    Term& term = terms_[number];
    if (term.counted == places_)
      return;
    term.counted = places_;
    ++term.places;
    for (size_t arg : term.args)
      Count(arg);
  }

  [[nodiscard]] bool IsOutermost(const Term& term) const {
    if (!CanBeComputed(term.expr->type) || !ReadsColumn(term))
      return false;
    return std::none_of(term.parents.begin(), term.parents.end(), [&](size_t number) {
      const Term& parent = terms_[number];
      return parent.places == term.places && parent.memorable && CanBeComputed(parent.expr->type);
    });
  }

  [[nodiscard]] bool ReadsColumn(const Term& term) const {
    return term.column.has_value() ||
           std::any_of(term.args.begin(), term.args.end(), [&](size_t arg) {
             return ReadsColumn(terms_[arg]);
           });
  }

  // The scan decides a condition on one column of few values, and looks for one needle in a text.
  [[nodiscard]] bool IsDecidedByScan(const Term& term) const {
    if (!term.condition)
      return false;
    std::vector<size_t> inputs;
    ExprPtr own = OverColumns(term, &inputs);
    if (inputs.size() != 1)
      return false;
    ScanUse use = all_[inputs[0]].use;
    return use == ScanUse::kValues || (use == ScanUse::kNeedles && NeedlePattern(own));
  }

  std::vector<Term> terms_;
  std::map<std::string, size_t> numbers_;
  std::vector<BatchColumn> all_;
  std::vector<ComputedColumn> computed_;
  size_t places_ = 0;
};

// Every expression of a leaf, with whether it is a condition of the filter.
void ForEachExpr(delta::LeafPlan* leaf, const std::function<void(ExprPtr*, bool)>& visit) {
  std::vector<ExprPtr> conditions = plan::Conjuncts(leaf->predicate);
  for (ExprPtr& condition : conditions)
    visit(&condition, true);
  leaf->predicate = plan::And(conditions);
  for (delta::TemporalBound& bound : leaf->bounds)
    visit(&bound.time, false);
  for (auto* exprs : {&leaf->output, &leaf->partition}) {
    for (ExprPtr& expr : *exprs)
      visit(&expr, false);
  }
}

}  // namespace

std::vector<BatchColumn> ColumnsOf(const record::BatchLayout& layout) {
  std::vector<BatchColumn> all;
  for (const record::LayoutColumn& column : layout.columns())
    all.push_back({column.type, UseOf(column)});
  return all;
}

SharedLeaves ShareColumns(const std::vector<const delta::LeafPlan*>& leaves,
                          const std::vector<std::vector<size_t>>& leaf_columns,
                          const record::BatchLayout& layout) {
  SharedLeaves shared;
  Terms terms(layout);
  std::vector<std::vector<size_t>> places(leaves.size());
  for (size_t l = 0; l < leaves.size(); ++l) {
    shared.leaves.push_back(*leaves[l]);
    ForEachExpr(&shared.leaves[l], [&](ExprPtr* expr, bool condition) {
      places[l].push_back(terms.AddPlace(*expr, leaf_columns[l], condition));
    });
  }
  terms.Choose();
  for (size_t l = 0; l < leaves.size(); ++l) {
    std::vector<size_t> columns;
    size_t next = 0;
    ForEachExpr(&shared.leaves[l], [&](ExprPtr* expr, bool /*condition*/) {
      *expr = terms.OverColumns(terms.at(places[l][next++]), &columns);
    });
    shared.leaves[l].columns.columns.clear();
    for (size_t column : columns)
      shared.leaves[l].columns.columns.push_back({"", terms.all()[column].type});
    shared.columns.push_back(std::move(columns));
  }
  shared.computed = std::move(terms.computed());
  shared.all = std::move(terms.all());
  return shared;
}

}  // namespace keywatch::pipeline
