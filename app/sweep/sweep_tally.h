// What each value of a sweep raised: alerts, and whom they are about.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/alert/alert.h"

namespace keywatch::app {

// The alerts that one value raised. Distinct entities are counted up to a bound.
class SweepTally {
 public:
  static constexpr size_t kMostEntities = 20'000;  // of a type
  static constexpr size_t kNamed = 3;              // entities of the first type, by name

  void Add(const alert::Alert& alert);

  [[nodiscard]] uint64_t alerts() const { return alerts_; }
  // Distinct entities of the type; kMostEntities: so many or more.
  [[nodiscard]] size_t Entities(const std::string& type) const;
  // The first few of `type`, in the order of their alerts.
  [[nodiscard]] std::vector<std::string> First(const std::string& type) const;

 private:
  struct OfType {
    std::unordered_set<uint64_t> seen;
    std::vector<std::string> first;
  };
  uint64_t alerts_ = 0;
  std::map<std::string, OfType> types_;
};

}  // namespace keywatch::app
