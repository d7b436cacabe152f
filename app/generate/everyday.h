// What people and programs do all day: a stream of events in the order of time.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"

namespace keywatch::generate {

class Everyday {
 public:
  // `records` events over the day that begins at `day`, most of them in working hours.
  Everyday(const World* world,
           Random random,
           record::Ticks day,
           uint64_t records,
           uint64_t hsm_per_mille);

  // False at the end of the day.
  bool Next(Event* event);

 private:
  bool FillSecond();
  void MakeVaultEvent(const Principal& caller, Event* event);
  void MakeHsmEvent(const Principal& caller, Event* event);

  const World* world_;
  Random random_;
  record::Ticks day_;
  uint64_t records_;
  uint64_t hsm_per_mille_;
  int64_t second_ = 0;  // of the day, the next to fill
  uint64_t weight_so_far_ = 0;
  uint64_t planned_ = 0;              // events up to here
  std::vector<record::Ticks> times_;  // of the current second, last first
};

}  // namespace keywatch::generate
