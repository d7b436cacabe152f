#include "engine/delta/real_sum.h"

#include <cmath>
#include <limits>
#include <utility>

namespace keywatch::delta {

void RealSum::Apply(double value, int weight) {
  if (std::isnan(value)) {
    nans_ += weight;
    return;
  }
  if (std::isinf(value)) {
    (value > 0 ? infinities_ : negative_infinities_) += weight;
    return;
  }
  long double carried = static_cast<long double>(value) * weight;
  size_t kept = 0;
  for (long double part : parts_) {
    if (std::fabs(carried) < std::fabs(part))
      std::swap(carried, part);
    long double sum = carried + part;
    long double lost = part - (sum - carried);
    if (lost != 0)
      parts_[kept++] = lost;
    carried = sum;
  }
  parts_.resize(kept);
  if (carried != 0)
    parts_.push_back(carried);
}

long double RealSum::Total() const {
  using Limits = std::numeric_limits<long double>;
  if (nans_ > 0 || (infinities_ > 0 && negative_infinities_ > 0))
    return Limits::quiet_NaN();
  if (infinities_ > 0)
    return Limits::infinity();
  if (negative_infinities_ > 0)
    return -Limits::infinity();
  long double total = 0;
  for (long double part : parts_)
    total += part;
  return total;
}

}  // namespace keywatch::delta
