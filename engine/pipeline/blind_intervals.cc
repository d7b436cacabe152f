#include "engine/pipeline/blind_intervals.h"

#include <algorithm>

namespace keywatch::pipeline {

using record::Ticks;

namespace {

// Evictions come in runs: those of one rule that follow each other this closely are one interval.
constexpr Ticks kOneRun = record::kTicksPerMinute;

}  // namespace

BlindInterval* BlindIntervals::Latest(BlindInterval::Kind kind, const std::string& where) {
  auto found = std::find_if(intervals_.rbegin(), intervals_.rend(), [&](const BlindInterval& one) {
    return one.kind == kind && one.where == where;
  });
  return found == intervals_.rend() ? nullptr : &*found;
}

void BlindIntervals::Add(BlindInterval interval) {
  if (intervals_.size() == kMost) {
    intervals_.erase(intervals_.begin());
    ++forgotten_;
  }
  Totals& totals = TotalsOf(interval.kind);
  ++totals.intervals;
  if (interval.from != 0 && interval.to != 0)
    totals.span += interval.to - interval.from;
  intervals_.push_back(std::move(interval));
}

void BlindIntervals::LookAtSource(const std::string& name, SourceLook look, Ticks now) {
  auto entry = sources_.try_emplace(name, SourceLook{0, 0, look.newest}).first;
  SourceLook& before = entry->second;
  BlindInterval* latest = Latest(BlindInterval::Kind::kGap, name);
  bool open = latest != nullptr && latest->to == 0;
  if (look.gaps > before.gaps) {
    TotalsOf(BlindInterval::Kind::kGap).noticed = now;
    uint64_t lost = look.records - before.records;
    if (open) {
      latest->count += lost;
      latest->updated = now;
    } else {
      Add({BlindInterval::Kind::kGap, name, now, now, before.newest, 0, lost});
    }
  } else if (open && look.newest > latest->from) {
    // Not at the look that noticed the gap: what was read then may have come before it.
    latest->to = look.newest;
    latest->updated = now;
    if (latest->from != 0)
      TotalsOf(BlindInterval::Kind::kGap).span += latest->to - latest->from;
  }
  before = look;
}

void BlindIntervals::LookAtRule(const std::string& id,
                                uint64_t evictions,
                                Ticks newest,
                                Ticks now) {
  auto entry = rules_.try_emplace(id, RuleLook{evictions, newest}).first;
  RuleLook& before = entry->second;
  if (evictions > before.evictions) {
    Totals& totals = TotalsOf(BlindInterval::Kind::kEviction);
    totals.noticed = now;
    uint64_t more = evictions - before.evictions;
    BlindInterval* latest = Latest(BlindInterval::Kind::kEviction, id);
    if (latest != nullptr && now - latest->updated <= kOneRun) {
      latest->count += more;
      if (latest->to != 0)
        totals.span += newest - latest->to;
      latest->to = newest;
      latest->updated = now;
    } else {
      Add({BlindInterval::Kind::kEviction, id, now, now, before.newest, newest, more});
    }
  }
  before = {evictions, newest};
}

}  // namespace keywatch::pipeline
