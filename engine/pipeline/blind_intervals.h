// Spans of event time in which something may have happened that was not seen, and why: records that
// were gone at a source before they were read, and what rules forgot at the bound of their state.
//
// A gap is noticed between two looks at a source: what was missed lies between the newest event
// read before it and the newest event read after it. The interval stays open until a newer event
// has come.
//
// A value, fed by the worker. Keeps the newest kMost intervals since the start of the process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/record/time.h"

namespace keywatch::pipeline {

struct BlindInterval {
  enum class Kind {
    kGap,       // at a source
    kEviction,  // of a rule's state
  };
  Kind kind = Kind::kGap;
  std::string where;          // name of the source, or id of the rule
  record::Ticks noticed = 0;  // wall time
  record::Ticks updated = 0;  // wall time
  record::Ticks from = 0;     // event time; 0: unknown, nothing had been read
  record::Ticks to = 0;       // event time; 0: still open
  uint64_t count = 0;         // records gone (0: the source cannot tell), or groups forgotten

  bool operator==(const BlindInterval&) const = default;
};

class BlindIntervals {
 public:
  static constexpr size_t kMost = 200;

  struct SourceLook {
    uint64_t gaps = 0;         // since the start
    uint64_t records = 0;      // gone, since the start
    record::Ticks newest = 0;  // event time read there
  };

  // Since the start of the process, also of intervals that were dropped at the bound.
  struct Totals {
    uint64_t intervals = 0;
    record::Ticks span = 0;     // event time that they cover; without what is open, or unknown
    record::Ticks noticed = 0;  // wall time at which a loss was last noticed; 0: never
  };

  void LookAtSource(const std::string& name, SourceLook look, record::Ticks now);
  // `evictions` since the rule's state began; those before the first look are not of now.
  void LookAtRule(const std::string& id,
                  uint64_t evictions,
                  record::Ticks newest,
                  record::Ticks now);

  // Oldest first.
  [[nodiscard]] const std::vector<BlindInterval>& intervals() const { return intervals_; }
  // How many were dropped at the bound.
  [[nodiscard]] uint64_t forgotten() const { return forgotten_; }
  [[nodiscard]] const Totals& totals(BlindInterval::Kind kind) const {
    return totals_[static_cast<size_t>(kind)];
  }

 private:
  struct RuleLook {
    uint64_t evictions = 0;
    record::Ticks newest = 0;
  };
  BlindInterval* Latest(BlindInterval::Kind kind, const std::string& where);
  Totals& TotalsOf(BlindInterval::Kind kind) { return totals_[static_cast<size_t>(kind)]; }
  void Add(BlindInterval interval);

  std::map<std::string, SourceLook> sources_;  // the last look
  std::map<std::string, RuleLook> rules_;      // the last look, by id
  std::vector<BlindInterval> intervals_;
  uint64_t forgotten_ = 0;
  std::array<Totals, 2> totals_;  // by kind
};

}  // namespace keywatch::pipeline
