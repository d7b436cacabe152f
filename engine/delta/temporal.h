// Which instants T a row is part of, for conditions that compare a time of the row with now().
//
// A condition `t >= now() - d` holds for T <= t + d, `t <= now() - d` for T >= t + d. So a row is
// visible on an interval [lo, hi) of the T axis that is known when the row arrives: lo is the
// largest lower bound, hi the smallest upper one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/expr.h"

namespace keywatch::delta {

// One side of the interval: T >= value(time) + offset, or T < value(time) + offset.
struct TemporalBound {
  plan::ExprPtr time;  // a datetime of the row; a row where it is null is never visible
  record::Ticks offset = 0;
  bool lower = false;
};

enum class TimeUse {
  kNone,         // does not mention now()
  kBound,        // is a bound
  kUnsupported,  // mentions now() in another way
};

// What the conjunct says about T; the bound goes to `*bound`.
TimeUse ClassifyConjunct(const plan::ExprPtr& conjunct, TemporalBound* bound);

bool MentionsNow(const plan::ExprPtr& expr);

}  // namespace keywatch::delta
