// How busy the hours of a day (UTC) are.
#pragma once

#include <cstdint>
#include <iterator>
#include <numeric>

namespace keywatch::generate {

inline constexpr uint64_t kHourWeights[24] = {30, 25,  25,  25,  30, 40, 60, 85, 100, 110, 115, 105,
                                              95, 105, 110, 105, 95, 80, 65, 55, 50,  45,  40,  35};
inline constexpr uint64_t kHoursWeight =
    std::accumulate(std::begin(kHourWeights), std::end(kHourWeights), uint64_t{0});

}  // namespace keywatch::generate
