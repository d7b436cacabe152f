#include "engine/eval/evaluator.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/eval/kernel.h"
#include "engine/plan/lookup_table.h"

namespace keywatch::eval {

using plan::ExprKind;
using record::Type;
using record::Value;

std::vector<const std::vector<Kernel>*> KernelFamilies() {
  return {&LogicKernels(),
          &ArithmeticKernels(),
          &TextKernels(),
          &MatchKernels(),
          &Ipv4Kernels(),
          &TimeKernels(),
          &ConversionKernels(),
          &DynamicKernels()};
}

const Kernel* FindKernel(std::string_view name) {
  static const auto* table = [] {
    auto* kernels = new std::map<std::string_view, Kernel>();
    for (const auto* family : KernelFamilies()) {
      for (const Kernel& kernel : *family)
        kernels->emplace(kernel.name, kernel);
    }
    return kernels;
  }();
  auto found = table->find(name);
  return found == table->end() ? nullptr : &found->second;
}

struct Program::Step {
  plan::ExprPtr expr;
  const Kernel* kernel = nullptr;
  std::shared_ptr<const Prepared> prepared;
  Vector literal;
  std::vector<std::unique_ptr<const Step>> args;
  size_t computed_args = 0;  // neither columns nor literals

  static std::unique_ptr<const Step> Compile(const plan::ExprPtr& expr);
  // The result where it is, or in `scratch` when it had to be computed.
  [[nodiscard]] const Vector& Run(const Chunk& input,
                                  const EvalContext& context,
                                  Vector* scratch) const;
  [[nodiscard]] Vector RunCall(const Chunk& input, const EvalContext& context) const;
  [[nodiscard]] Vector RunFirstValue(const Chunk& input, const EvalContext& context) const;
  [[nodiscard]] Vector RunLookup(const Chunk& input, const EvalContext& context) const;
  [[nodiscard]] Vector RunMembership(const Chunk& input, const EvalContext& context) const;

 private:
  [[nodiscard]] Vector Compute(const Chunk& input, const EvalContext& context) const;
};

std::unique_ptr<const Program::Step> Program::Step::Compile(const plan::ExprPtr& expr) {
  auto step = std::make_unique<Step>();
  step->expr = expr;
  for (const plan::ExprPtr& arg : expr->args) {
    step->args.push_back(Compile(arg));
    bool in_place = arg->kind == ExprKind::kColumn || arg->kind == ExprKind::kLiteral;
    step->computed_args += in_place ? 0 : 1;
  }
  if (expr->kind == ExprKind::kLiteral)
    step->literal = Vector::Constant(expr->literal);
  if (expr->kind == ExprKind::kCall) {
    step->kernel = FindKernel(expr->function);
    KEYWATCH_CHECK(step->kernel != nullptr, expr->function.c_str());
    if (step->kernel->prepare != nullptr)
      step->prepared = step->kernel->prepare(*expr);
  }
  return step;
}

const Vector& Program::Step::Run(const Chunk& input,
                                 const EvalContext& context,
                                 Vector* scratch) const {
  if (expr->kind == ExprKind::kColumn)
    return input.columns[expr->column];
  if (expr->kind == ExprKind::kLiteral)
    return literal;
  *scratch = Compute(input, context);
  return *scratch;
}

Vector Program::Step::Compute(const Chunk& input, const EvalContext& context) const {
  switch (expr->kind) {
    case ExprKind::kNow:
      return Vector::Constant(Value::Datetime(context.now));
    case ExprKind::kIngestionTime:
      return Vector::Constant(input.ingestion_time == 0 ? Value::Null(Type::kDatetime)
                                                        : Value::Datetime(input.ingestion_time));
    case ExprKind::kToScalar: {
      KEYWATCH_CHECK(context.subqueries != nullptr, "subqueries are evaluated first");
      const std::vector<Value>& values = context.subqueries->at(expr->subquery.get());
      return Vector::Constant(values.empty() ? Value::Null(expr->type) : values[0]);
    }
    case ExprKind::kInSubquery:
      return RunMembership(input, context);
    case ExprKind::kLookup:
      return RunLookup(input, context);
    case ExprKind::kCall:
      return kernel->first_value ? RunFirstValue(input, context) : RunCall(input, context);
    case ExprKind::kColumn:
    case ExprKind::kLiteral:
      break;  // in place
  }
  return Vector(expr->type);
}

Vector Program::Step::RunCall(const Chunk& input, const EvalContext& context) const {
  std::vector<Vector> computed(computed_args);
  std::vector<const Vector*> values;
  values.reserve(args.size());
  size_t next = 0;
  bool all_constant = true;
  for (const auto& arg : args) {
    Vector* scratch = next < computed.size() ? &computed[next] : nullptr;
    values.push_back(&arg->Run(input, context, scratch));
    next += values.back() == scratch ? 1 : 0;
    all_constant = all_constant && values.back()->constant();
  }
  size_t rows = all_constant ? 1 : input.rows;
  Vector out(expr->type);
  out.Reserve(rows);
  kernel->run(Call{Args(values), rows, prepared.get()}, &out);
  KEYWATCH_CHECK(out.stored() == rows, "a function gives one value per row");
  for (const Vector* value : values)
    out.KeepAlive(*value);
  if (all_constant)
    out.MakeConstant();
  return out;
}

Vector Program::Step::RunFirstValue(const Chunk& input, const EvalContext& context) const {
  struct Choice {
    size_t arg;
    size_t row;  // of what was computed for that argument
  };
  std::vector<Choice> choices(input.rows);
  std::vector<uint32_t> left(input.rows);  // rows without a value so far
  std::iota(left.begin(), left.end(), 0U);
  std::vector<Vector> computed(args.size());
  std::vector<const Vector*> values;
  for (size_t a = 0; a < args.size() && (a == 0 || !left.empty()); ++a) {
    bool last = a + 1 == args.size();
    // Columns and constants are read in place, of all rows.
    bool all_rows = left.size() == input.rows || args[a]->expr->kind != ExprKind::kCall;
    Chunk gathered = all_rows ? Chunk() : Gather(input, left);
    values.push_back(&args[a]->Run(all_rows ? input : gathered, context, &computed[a]));
    std::vector<uint32_t> missing;
    for (uint32_t i = 0; i < left.size(); ++i) {
      size_t row = all_rows ? left[i] : i;
      choices[left[i]] = {a, row};
      if (!last && IsMissing(*values[a], row))
        missing.push_back(left[i]);
    }
    left = std::move(missing);
  }
  Vector out(expr->type);
  out.Reserve(input.rows);
  for (const Choice& choice : choices)
    PushConverted(*values[choice.arg], choice.row, &out);
  for (const Vector* value : values)
    out.KeepAlive(*value);
  return out;
}

Vector Program::Step::RunLookup(const Chunk& input, const EvalContext& context) const {
  std::vector<Vector> computed(args.size());
  std::vector<const Vector*> keys;
  for (size_t a = 0; a < args.size(); ++a)
    keys.push_back(&args[a]->Run(input, context, &computed[a]));
  Vector out(expr->type);
  out.Reserve(input.rows);
  record::Row key(keys.size());
  for (size_t row = 0; row < input.rows; ++row) {
    for (size_t k = 0; k < keys.size(); ++k)
      key[k] = keys[k]->ValueAt(row);
    auto found = expr->lookup->rows.find(key);  // a null is in no key
    if (found == expr->lookup->rows.end()) {
      out.PushNull();
    } else {
      out.PushValue(found->second[expr->column]);
    }
  }
  return out;
}

Vector Program::Step::RunMembership(const Chunk& input, const EvalContext& context) const {
  KEYWATCH_CHECK(context.subqueries != nullptr, "subqueries are evaluated first");
  const std::vector<Value>& members = context.subqueries->at(expr->subquery.get());
  // Through the `in` kernel, so that the two forms of `in` cannot differ.
  std::vector<plan::ExprPtr> list = {expr->args[0]};
  record::Dynamic::Array array;
  for (const Value& member : members)
    array.push_back(record::ToDynamic(member));
  record::Dynamic packed;
  packed.held = std::move(array);
  list.push_back(plan::Constant(Value::Of(std::move(packed))));
  Program in(plan::CallOf(expr->fold_case ? "in~" : "in", Type::kBool, std::move(list)));
  return in.Run(input, context);
}

Program::Program(const plan::ExprPtr& expr) : root_(Step::Compile(expr)) {
  if (expr->kind == ExprKind::kColumn)
    column_ = expr->column;
}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

Type Program::type() const { return root_->expr->type; }

Vector Program::Run(const Chunk& input, const EvalContext& context) const {
  Vector scratch;
  const Vector& result = root_->Run(input, context, &scratch);
  return &result == &scratch ? std::move(scratch) : result;
}

Predicate::Predicate(const plan::ExprPtr& expr) {
  for (const plan::ExprPtr& conjunct : plan::Conjuncts(expr)) {
    bool always =
        plan::IsLiteral(conjunct) && !conjunct->literal.is_null() && conjunct->literal.boolean();
    if (!always)
      conjuncts_.emplace_back(conjunct);
  }
}

std::vector<uint32_t> Predicate::Select(const Chunk& input, const EvalContext& context) const {
  std::vector<uint32_t> selected(input.rows);
  for (uint32_t i = 0; i < selected.size(); ++i)
    selected[i] = i;
  Chunk gathered;
  const Chunk* chunk = &input;
  for (size_t c = 0; c < conjuncts_.size() && !selected.empty(); ++c) {
    Vector truth = conjuncts_[c].Run(*chunk, context);
    std::vector<uint32_t> kept;
    std::vector<uint32_t> positions;
    for (uint32_t i = 0; i < selected.size(); ++i) {
      if (truth.IsNull(i) || truth.Int(i) == 0)
        continue;
      kept.push_back(selected[i]);
      positions.push_back(i);
    }
    bool narrower = kept.size() < selected.size();
    selected = std::move(kept);
    if (narrower && c + 1 < conjuncts_.size() && !selected.empty()) {
      gathered = Gather(*chunk, positions);
      chunk = &gathered;
    }
  }
  return selected;
}

Chunk Gather(const Chunk& input, const std::vector<uint32_t>& rows) {
  Chunk out;
  out.rows = rows.size();
  out.ingestion_time = input.ingestion_time;
  for (const Vector& column : input.columns) {
    if (column.constant() || column.stored() == 0) {
      out.columns.push_back(column);
      continue;
    }
    Vector gathered(column.type());
    gathered.Reserve(rows.size());
    for (uint32_t row : rows)
      gathered.PushFrom(column, row);
    gathered.KeepAlive(column);
    out.columns.push_back(std::move(gathered));
  }
  return out;
}

Value EvaluateRow(const Program& program, const record::Row& row, const EvalContext& context) {
  Chunk chunk;
  chunk.rows = 1;
  for (const Value& value : row) {
    chunk.columns.push_back(Vector::FromValues(value.type(), {value}));
  }
  return program.Run(chunk, context).ValueAt(0);
}

Chunk ToChunk(const record::Row* rows,
              size_t count,
              const record::Schema& schema,
              const std::vector<bool>& used) {
  Chunk chunk;
  chunk.rows = count;
  for (size_t c = 0; c < schema.columns.size(); ++c) {
    Vector& column = chunk.columns.emplace_back(schema.columns[c].type);
    if (!used[c])
      continue;
    column.Reserve(count);
    for (size_t r = 0; r < count; ++r) {
      const Value& value = rows[r][c];
      bool text = value.type() == Type::kString || value.type() == Type::kGuid;
      if (text && !value.is_null()) {
        column.PushView(value.string());  // the rows outlive the chunk
      } else {
        column.PushValue(value);
      }
    }
  }
  return chunk;
}

}  // namespace keywatch::eval
