// Which hours to look at next. Pure.
//
// Hours before the mark are done and forgotten. The current hour and the one before are open: Azure
// Monitor still writes to them, they are looked at every time. The `late` before those are looked
// at now and then, in case one grows late. What is older, and not before the mark, is history: it
// is read a day at a time, and the mark moves behind it.
//
// The clock that counts is the service's.
#pragma once

#include <algorithm>

#include "connectors/blob/hour_path.h"

namespace keywatch::blob {

struct PassSettings {
  Ticks late = 6 * kHour;
  Ticks until = 0;  // hours from this one on are not read; 0: all are
};

enum class PassKind {
  kHistory,  // to be finished: then the mark moves to `to`
  kTail,     // the open hours
  kLate,     // all hours from the mark on, and what lies just before it
  kDone,     // nothing will ever be left to read
};

struct Pass {
  PassKind kind = PassKind::kTail;
  Ticks from = 0;  // hours `from` to before `to` are read
  Ticks to = 0;
  bool operator==(const Pass&) const = default;
};

// `late_due`: the late hours have not been looked at for a while.
inline Pass NextPass(Ticks mark, Ticks service_now, bool late_due, const PassSettings& settings) {
  const Ticks until = settings.until > 0 ? settings.until : record::kMaxDatetime;
  const Ticks open = record::FloorTo(service_now, kHour) - kHour;
  const Ticks closed = std::min(settings.until > 0 ? open : open - settings.late, until);
  if (mark >= until)
    return {PassKind::kDone, mark, mark};
  if (mark < closed)
    return {PassKind::kHistory, mark, std::min(record::FloorTo(mark, kDay) + kDay, closed)};
  // One hour ahead: the service's machines need not agree on when an hour begins.
  const Ticks end = std::min(open + 3 * kHour, until);
  if (late_due)
    return {PassKind::kLate, mark, std::max(end, mark)};
  return {PassKind::kTail, std::max(open, mark), std::max(end, mark)};
}

}  // namespace keywatch::blob
