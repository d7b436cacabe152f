// + - * / % and unary minus over numbers and times, abs, bin. Integers wrap as the engine's do;
// what has no value (division by zero, a time outside years 1 to 9999) is null.
#include <cmath>

#include "engine/eval/kernel.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

bool IsTime(Type type) { return type == Type::kDatetime || type == Type::kTimespan; }

// A numeric cell, a dynamic one converted; null flag beside it.
struct Operand {
  bool null = false;
  bool real = false;
  int64_t whole = 0;
  double number = 0;
};

Operand Read(const Vector& vector, size_t row) {
  Operand out;
  if (vector.IsNull(row)) {
    out.null = true;
    return out;
  }
  if (vector.type() == Type::kDynamic) {
    const record::Dynamic& held = *vector.Dynamic(row);
    if (const auto* whole = std::get_if<int64_t>(&held.held)) {
      out.whole = *whole;
    } else if (const auto* time = std::get_if<record::DynamicTime>(&held.held)) {
      out.whole = time->ticks;
    } else if (const auto* real = std::get_if<double>(&held.held)) {
      out.real = true;
      out.number = *real;
    } else {
      out.null = true;
    }
  } else if (vector.type() == Type::kReal) {
    out.real = true;
    out.number = vector.Real(row);
  } else {
    out.whole = vector.Int(row);
  }
  if (!out.real)
    out.number = static_cast<double>(out.whole);
  return out;
}

int64_t WrapAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t WrapSub(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t WrapMul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// Pushes a whole result in the output's type; a datetime outside its range is null.
void PushWhole(int64_t value, Vector* out) {
  if (out->type() == Type::kReal)
    return out->PushReal(static_cast<double>(value));
  if (out->type() == Type::kDatetime && (value < 0 || value > record::kMaxDatetime)) {
    return out->PushNull();
  }
  if (out->type() == Type::kDynamic) {
    record::Dynamic held;
    held.held = value;
    return out->PushDynamic(std::make_shared<const record::Dynamic>(std::move(held)));
  }
  out->PushInt(value);
}

void PushNumber(double value, Vector* out) {
  if (out->type() == Type::kReal)
    return out->PushReal(value);
  if (out->type() == Type::kDynamic) {
    record::Dynamic held;
    held.held = value;
    return out->PushDynamic(std::make_shared<const record::Dynamic>(std::move(held)));
  }
  if (!(std::fabs(value) < 9.2e18))
    return out->PushNull();
  PushWhole(static_cast<int64_t>(value), out);
}

template <class Whole, class Number>
void Binary(const Call& call, Vector* out, Whole whole, Number number) {
  for (size_t i = 0; i < call.rows; ++i) {
    Operand a = Read(call.args[0], i);
    Operand b = Read(call.args[1], i);
    if (a.null || b.null) {
      out->PushNull();
    } else if (a.real || b.real) {
      PushNumber(number(a.number, b.number), out);
    } else {
      PushWhole(whole(a.whole, b.whole), out);
    }
  }
}

void AddFn(const Call& call, Vector* out) {
  Binary(call, out, WrapAdd, [](double a, double b) { return a + b; });
}
void SubtractFn(const Call& call, Vector* out) {
  Binary(call, out, WrapSub, [](double a, double b) { return a - b; });
}
void MultiplyFn(const Call& call, Vector* out) {
  Binary(call, out, WrapMul, [](double a, double b) { return a * b; });
}

void DivideFn(const Call& call, Vector* out) {
  bool ratio = IsTime(call.args[0].type()) && IsTime(call.args[1].type());
  for (size_t i = 0; i < call.rows; ++i) {
    Operand a = Read(call.args[0], i);
    Operand b = Read(call.args[1], i);
    if (a.null || b.null) {
      out->PushNull();
    } else if (a.real || b.real || ratio) {
      PushNumber(a.number / b.number, out);
    } else if (b.whole == 0) {
      out->PushNull();
    } else if (b.whole == -1) {
      PushWhole(WrapSub(0, a.whole), out);  // INT64_MIN / -1 must not trap
    } else {
      PushWhole(a.whole / b.whole, out);
    }
  }
}

// The remainder is never negative: -14 % 12 is 10, 14 % -12 is 2.
void ModuloFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    Operand a = Read(call.args[0], i);
    Operand b = Read(call.args[1], i);
    if (a.null || b.null) {
      out->PushNull();
    } else if (a.real || b.real) {
      double rest = std::fmod(a.number, b.number);
      PushNumber(rest < 0 ? rest + std::fabs(b.number) : rest, out);
    } else if (b.whole == 0) {
      out->PushNull();
    } else {
      int64_t rest = b.whole == -1 ? 0 : a.whole % b.whole;
      if (rest < 0)
        rest = b.whole < 0 ? WrapSub(rest, b.whole) : rest + b.whole;
      PushWhole(rest, out);
    }
  }
}

void NegateFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    Operand a = Read(call.args[0], i);
    if (a.null) {
      out->PushNull();
    } else if (a.real) {
      PushNumber(-a.number, out);
    } else {
      PushWhole(WrapSub(0, a.whole), out);
    }
  }
}

void AbsFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    Operand a = Read(call.args[0], i);
    if (a.null) {
      out->PushNull();
    } else if (a.real) {
      PushNumber(std::fabs(a.number), out);
    } else {
      PushWhole(a.whole < 0 ? WrapSub(0, a.whole) : a.whole, out);
    }
  }
}

// The multiple of the size at or below the value; null for a size that is not positive.
void BinFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    Operand value = Read(call.args[0], i);
    Operand size = Read(call.args[1], i);
    if (value.null || size.null || !(size.number > 0)) {
      out->PushNull();
    } else if (value.real || size.real) {
      PushNumber(std::floor(value.number / size.number) * size.number, out);
    } else {
      int64_t floored = value.whole - value.whole % size.whole;
      // Below the smallest number there is no multiple.
      bool below = floored > value.whole && __builtin_sub_overflow(floored, size.whole, &floored);
      below ? out->PushNull() : PushWhole(floored, out);
    }
  }
}

}  // namespace

const std::vector<Kernel>& ArithmeticKernels() {
  static const std::vector<Kernel> kernels = {
      {"+", AddFn},
      {"-", SubtractFn},
      {"*", MultiplyFn},
      {"/", DivideFn},
      {"%", ModuloFn},
      {"neg", NegateFn},
      {"abs", AbsFn},
      {"bin", BinFn},
  };
  return kernels;
}

}  // namespace keywatch::eval
