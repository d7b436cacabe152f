// A sum of reals that values can be taken away from again as if they had never been there.
//
// Finite values are summed without rounding, as parts that do not overlap (Shewchuk, "Adaptive
// precision floating-point arithmetic", 1997; Python's fsum): a value that leaves takes exactly
// what it brought, however large it was. NaN and the infinities are counted.
#pragma once

#include <cstdint>
#include <vector>

namespace keywatch::delta {

class RealSum {
 public:
  // Weight +1 adds the value, -1 takes it away.
  void Apply(double value, int weight);
  [[nodiscard]] long double Total() const;

 private:
  std::vector<long double> parts_;  // none is 0; the smallest first
  int64_t nans_ = 0;
  int64_t infinities_ = 0;
  int64_t negative_infinities_ = 0;
};

}  // namespace keywatch::delta
