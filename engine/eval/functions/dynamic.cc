// Access to dynamic values, parse_json, array_length. Navigation never fails: what is missing is
// null.
#include "engine/eval/kernel.h"

namespace keywatch::eval {

using record::Dynamic;
using record::Type;

namespace {

// A member by name or an element by number. The result shares its owner with the whole value.
void MemberFn(const Call& call, Vector* out) {
  const Vector& object = call.args[0];
  const Vector& step = call.args[1];
  for (size_t i = 0; i < call.rows; ++i) {
    if (object.IsNull(i) || step.IsNull(i)) {
      out->PushNull();
      continue;
    }
    const record::DynamicPtr& whole = object.Dynamic(i);
    const Dynamic* found =
        step.type() == Type::kString ? whole->Find(step.Text(i)) : whole->At(step.Int(i));
    out->PushDynamic(found == nullptr ? nullptr : record::DynamicPtr(whole, found));
  }
}

// Text that is not JSON becomes a dynamic string with that text.
void ParseJsonFn(const Call& call, Vector* out) {
  const Vector& from = call.args[0];
  for (size_t i = 0; i < call.rows; ++i) {
    if (from.type() == Type::kDynamic) {
      out->PushDynamic(from.Dynamic(i));
      continue;
    }
    std::string_view text = from.Text(i);
    if (text.empty()) {
      out->PushNull();
      continue;
    }
    std::optional<Dynamic> parsed = record::ParseJson(text);
    if (!parsed) {
      parsed.emplace();
      parsed->held = std::string(text);
    }
    out->PushDynamic(std::make_shared<const Dynamic>(std::move(*parsed)));
  }
}

void ArrayLengthFn(const Call& call, Vector* out) {
  for (size_t i = 0; i < call.rows; ++i) {
    const Dynamic::Array* array =
        call.args[0].IsNull(i) ? nullptr : call.args[0].Dynamic(i)->array();
    if (array == nullptr) {
      out->PushNull();
    } else {
      out->PushInt(static_cast<int64_t>(array->size()));
    }
  }
}

}  // namespace

const std::vector<Kernel>& DynamicKernels() {
  static const std::vector<Kernel> kernels = {
      {"member", MemberFn},
      {"parse_json", ParseJsonFn},
      {"array_length", ArrayLengthFn},
  };
  return kernels;
}

}  // namespace keywatch::eval
