#include "engine/delta/temporal.h"

#include <string_view>
#include <utility>

namespace keywatch::delta {

using plan::ExprPtr;
using record::Ticks;
using record::Type;

namespace {

// now() + offset, with constant timespans added or subtracted; null if it is anything else.
std::optional<Ticks> OffsetFromNow(const ExprPtr& expr) {
  if (expr->kind == plan::ExprKind::kNow)
    return 0;
  bool plus = plan::IsCallOf(expr, "+");
  if (!plus && !plan::IsCallOf(expr, "-"))
    return std::nullopt;
  std::optional<Ticks> base = OffsetFromNow(expr->args[0]);
  const ExprPtr& span = expr->args[1];
  if (!base || !plan::IsLiteral(span) || span->type != Type::kTimespan || span->literal.is_null()) {
    return std::nullopt;
  }
  Ticks step = span->literal.integral();
  return plus ? *base + step : *base - step;
}

// The comparison seen from the other side, and negated.
std::string_view Mirrored(std::string_view op) {
  if (op == "<")
    return ">";
  if (op == "<=")
    return ">=";
  if (op == ">")
    return "<";
  return "<=";
}
std::string_view Negated(std::string_view op) {
  if (op == "<")
    return ">=";
  if (op == "<=")
    return ">";
  if (op == ">")
    return "<=";
  return "<";
}

bool IsOrder(std::string_view op) { return op == "<" || op == "<=" || op == ">" || op == ">="; }

}  // namespace

bool MentionsNow(const ExprPtr& expr) {
  return plan::AnyOf(expr, [](const plan::Expr& e) { return e.kind == plan::ExprKind::kNow; });
}

TimeUse ClassifyConjunct(const ExprPtr& conjunct, TemporalBound* bound) {
  if (!MentionsNow(conjunct))
    return TimeUse::kNone;
  // `not(t < now() - d)` is `t >= now() - d` but for a null t, which neither keeps.
  bool negated = plan::IsCallOf(conjunct, "not");
  const ExprPtr& comparison = negated ? conjunct->args[0] : conjunct;
  if (comparison->kind != plan::ExprKind::kCall || !IsOrder(comparison->function)) {
    return TimeUse::kUnsupported;
  }
  std::string_view op = comparison->function;
  ExprPtr time = comparison->args[0];
  ExprPtr limit = comparison->args[1];
  if (MentionsNow(time)) {
    std::swap(time, limit);
    op = Mirrored(op);
  }
  if (negated)
    op = Negated(op);
  std::optional<Ticks> offset = OffsetFromNow(limit);
  if (!offset || MentionsNow(time) || time->type != Type::kDatetime)
    return TimeUse::kUnsupported;
  bound->time = time;
  bound->lower = op == "<" || op == "<=";
  // `t < now() + c` is T > t - c, that is T >= t - c + 1 tick; `t >= now() + c` is T <= t - c.
  bool shift = op == "<" || op == ">=";
  bound->offset = -*offset + (shift ? 1 : 0);
  return TimeUse::kBound;
}

}  // namespace keywatch::delta
