// How a function's code is found and called; private to engine/eval.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/eval/vector.h"
#include "engine/plan/expr.h"

namespace keywatch::eval {

// What a function prepared from its constant arguments.
struct Prepared {
  virtual ~Prepared() = default;
};

// Arguments where they are: columns of the input and constants are not copied.
class Args {
 public:
  explicit Args(const std::vector<const Vector*>& args) : args_(args) {}
  const Vector& operator[](size_t i) const { return *args_[i]; }
  [[nodiscard]] size_t size() const { return args_.size(); }

 private:
  const std::vector<const Vector*>& args_;
};

struct Call {
  Args args;
  size_t rows;  // rows to produce; 1 when every argument is constant
  const Prepared* prepared;
};

using KernelFn = void (*)(const Call& call, Vector* out);
using PrepareFn = std::shared_ptr<const Prepared> (*)(const plan::Expr& call);

struct Kernel {
  std::string_view name;
  KernelFn run = nullptr;
  PrepareFn prepare = nullptr;
  // The first argument that has a value: each is computed only for the rows in which none before it
  // has one, and `run` is not called.
  bool first_value = false;
};

// Null if the function has no code: a mistake of ours that a test finds.
const Kernel* FindKernel(std::string_view name);

// One table per family.
const std::vector<Kernel>& LogicKernels();
const std::vector<Kernel>& ArithmeticKernels();
const std::vector<Kernel>& TextKernels();
const std::vector<Kernel>& MatchKernels();
const std::vector<Kernel>& Ipv4Kernels();
const std::vector<Kernel>& TimeKernels();
const std::vector<Kernel>& ConversionKernels();
const std::vector<Kernel>& DynamicKernels();
// All of them.
std::vector<const std::vector<Kernel>*> KernelFamilies();

// Equality of two cells as `==` sees it: 1, 0, or -1 for null (both null).
int EqualCells(const Vector& a, const Vector& b, size_t row);

// Null or an empty string: what coalesce passes over.
bool IsMissing(const Vector& vector, size_t row);

// The cell in the type of `out`: as it is, widened, or packed into a dynamic.
void PushConverted(const Vector& from, size_t row, Vector* out);

// tolong, toreal, .. of one value; null when it has none.
record::Value ConvertTo(record::Type type, const record::Value& value);

// The text of a string or dynamic cell; `scratch` owns it when it had to be made.
std::string_view TextOf(const Vector& vector, size_t row, std::string* scratch);

}  // namespace keywatch::eval
