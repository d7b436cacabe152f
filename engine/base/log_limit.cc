#include "engine/base/log_limit.h"

#include <algorithm>

namespace keywatch {
namespace {

constexpr LogPlace kElsewhere{"", 0};  // shared by the places that are too many

}  // namespace

bool LogLimit::Admit(LogPlace place,
                     int level,
                     std::string_view message,
                     std::chrono::milliseconds now) {
  auto found = places_.find(place);
  if (found == places_.end()) {
    const LogPlace key = places_.size() < settings_.most_places ? place : kElsewhere;
    found = places_.try_emplace(key).first;
  }
  Interval& interval = found->second;
  if (interval.written == 0) {
    interval.end = now + settings_.interval;
    next_end_ = std::min(next_end_, interval.end);
  }
  if (interval.written < settings_.most) {
    ++interval.written;
    return true;
  }
  if (interval.suppressed.count++ == 0) {
    interval.suppressed.level = level;
    interval.suppressed.message = message;
  }
  return false;
}

std::vector<SuppressedLines> LogLimit::Ended(std::chrono::milliseconds now) {
  std::vector<SuppressedLines> ended;
  if (now < next_end_)
    return ended;
  next_end_ = std::chrono::milliseconds::max();
  for (auto place = places_.begin(); place != places_.end();) {
    if (place->second.end > now) {
      next_end_ = std::min(next_end_, place->second.end);
      ++place;
      continue;
    }
    if (place->second.suppressed.count > 0)
      ended.push_back(std::move(place->second.suppressed));
    place = places_.erase(place);
  }
  return ended;
}

}  // namespace keywatch
