// Small charts as inline SVG, drawn by the server: they need no script and no style attribute, only
// the classes of page.css.
#pragma once

#include <string_view>
#include <vector>

#include "app/page/html.h"
#include "app/page/minute_counts.h"
#include "engine/record/time.h"

namespace keywatch::app::page {

// Bars, one a minute, with the highest value at the left.
Html RecordsChart(const std::vector<Minute>& minutes);
// The same, stacked by severity.
Html AlertsChart(const std::vector<Minute>& minutes);
// A bar that is filled to `share` (0 .. 1); `label` says it in words.
Html ShareBar(double share, std::string_view label);

// Points on a line from `from` to `to`.
struct TimeMark {
  record::Ticks time = 0;
  std::string_view label;
};
Html TimeStrip(record::Ticks from, record::Ticks to, const std::vector<TimeMark>& marks);

}  // namespace keywatch::app::page
