// Which log lines are written: of each place in the code that writes them, a number in an interval.
// The others are counted, and the count is told when the interval is over, so that a flood of one
// message neither fills the disk nor hides the others. Pure: the caller brings the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keywatch {

struct LogLimitSettings {
  uint64_t most = 50;  // lines of one place in an interval
  std::chrono::milliseconds interval{30'000};
  size_t most_places = 1'024;  // remembered at once; those beyond share one budget
};

// A source file and a line of it.
using LogPlace = std::pair<std::string_view, uint32_t>;

// Lines of one place that were not written.
struct SuppressedLines {
  int level = 0;        // of the first of them
  std::string message;  // its message
  uint64_t count = 0;
};

// One thread at a time.
class LogLimit {
 public:
  explicit LogLimit(LogLimitSettings settings = {}) : settings_(settings) {}

  // Whether the line is to be written. An interval of a place begins with its first line; a place
  // whose interval is over is forgotten by Ended(). `now` never goes back.
  bool Admit(LogPlace place, int level, std::string_view message, std::chrono::milliseconds now);
  // What was suppressed in intervals that are over at `now`; each is told once.
  std::vector<SuppressedLines> Ended(std::chrono::milliseconds now);

  [[nodiscard]] const LogLimitSettings& settings() const { return settings_; }
  [[nodiscard]] size_t places() const { return places_.size(); }

 private:
  struct Interval {
    std::chrono::milliseconds end{0};
    uint64_t written = 0;
    SuppressedLines suppressed;
  };

  const LogLimitSettings settings_;
  std::map<LogPlace, Interval> places_;  // at most most_places and one
  std::chrono::milliseconds next_end_ = std::chrono::milliseconds::max();
};

}  // namespace keywatch
