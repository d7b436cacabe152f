#include "app/page/chart.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/page/format_text.h"

namespace keywatch::app::page {
namespace {

constexpr double kStep = 6;     // one minute
constexpr double kBar = 5;      // of which the bar takes so much
constexpr double kHeight = 64;  // of the bars
constexpr double kWidth = kStep * static_cast<double>(MinuteCounts::kMinutes);

std::string Number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0"))
    text.resize(text.size() - 2);
  return text;
}

void Rectangle(
    const std::string& kind, double x, double y, double width, double height, Html* out) {
  out->Raw("<rect class=\"").Text(kind).Raw("\" x=\"").Text(Number(x)).Raw("\" y=\"");
  out->Text(Number(y)).Raw("\" width=\"").Text(Number(width)).Raw("\" height=\"");
  out->Text(Number(height)).Raw("\"/>");
}

// The next of 1, 2, 5, 10, 20, .. that is not below `value`.
uint64_t RoundUp(uint64_t value) {
  for (uint64_t unit = 1;; unit *= 10) {
    for (uint64_t step : {uint64_t{1}, uint64_t{2}, uint64_t{5}}) {
      if (step * unit >= value || unit > UINT64_MAX / 100)
        return step * unit;
    }
  }
}

// The frame around bars that reach up to `top`; `title` is what a screen reader says.
Html Frame(const std::string& title, uint64_t top, const Html& bars) {
  Html html;
  html.Raw("<figure class=\"chart\"><figcaption>").Text(title);
  html.Raw("</figcaption><div class=\"plot\"><span class=\"top\" aria-hidden=\"true\">");
  html.Text(FormatCount(top)).Raw("</span><svg viewBox=\"0 0 ").Text(Number(kWidth));
  html.Raw(" ")
      .Text(Number(kHeight))
      .Raw("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"");
  html.Text(title).Raw("\">").Add(bars).Raw("<line class=\"axis\" x1=\"0\" x2=\"");
  html.Text(Number(kWidth)).Raw("\" y1=\"").Text(Number(kHeight)).Raw("\" y2=\"");
  html.Text(Number(kHeight)).Raw("\"/></svg><span class=\"ends\" aria-hidden=\"true\">");
  html.Raw("<span>2 h ago</span><span>1 h ago</span><span>now</span></span></div></figure>");
  return html;
}

}  // namespace

Html RecordsChart(const std::vector<Minute>& minutes) {
  uint64_t most = 1;
  uint64_t sum = 0;
  for (const Minute& minute : minutes) {
    most = std::max(most, minute.records);
    sum += minute.records;
  }
  uint64_t top = RoundUp(most);
  Html bars;
  for (size_t i = 0; i < minutes.size(); ++i) {
    if (minutes[i].records == 0)
      continue;
    double height =
        std::max(1.5, kHeight * static_cast<double>(minutes[i].records) / static_cast<double>(top));
    Rectangle("records", static_cast<double>(i) * kStep, kHeight - height, kBar, height, &bars);
  }
  return Frame(fmt::format("Records per minute: {} in 2 h", FormatCount(sum)), top, bars);
}

Html AlertsChart(const std::vector<Minute>& minutes) {
  static const std::string kinds[kSeverities] = {"informational", "low", "medium", "high"};
  uint64_t most = 1;
  uint64_t sum = 0;
  for (const Minute& minute : minutes) {
    most = std::max(most, minute.AllAlerts());
    sum += minute.AllAlerts();
  }
  uint64_t top = RoundUp(most);
  Html bars;
  for (size_t i = 0; i < minutes.size(); ++i) {
    double y = kHeight;
    for (size_t severity = kSeverities; severity-- > 0;) {
      uint64_t count = minutes[i].alerts[severity];
      if (count == 0)
        continue;
      double height =
          std::max(2.0, kHeight * static_cast<double>(count) / static_cast<double>(top));
      y -= height;
      Rectangle(kinds[severity], static_cast<double>(i) * kStep, y, kBar, height, &bars);
    }
  }
  return Frame(fmt::format("Alerts per minute: {} in 2 h", FormatCount(sum)), top, bars);
}

Html ShareBar(double share, std::string_view label) {
  share = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
  Html html;
  html.Raw(
      "<svg class=\"share\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"");
  html.Text(label).Raw("\">");
  Rectangle("back", 0, 0, 100, 8, &html);
  Rectangle("fill", 0, 0, share > 0 ? std::max(1.0, share * 100) : 0, 8, &html);
  return html.Raw("</svg>");
}

Html TimeStrip(record::Ticks from, record::Ticks to, const std::vector<TimeMark>& marks) {
  Html html;
  double span = static_cast<double>(std::max<record::Ticks>(to - from, 1));
  html.Raw("<svg class=\"strip\" viewBox=\"0 0 720 24\" role=\"img\" aria-label=\"");
  html.Text(fmt::format(
      "{} evidence records between {} and {}", marks.size(), FormatTime(from), FormatTime(to)));
  html.Raw("\"><line class=\"axis\" x1=\"8\" x2=\"712\" y1=\"12\" y2=\"12\"/>");
  for (const TimeMark& mark : marks) {
    double at = std::clamp(static_cast<double>(mark.time - from) / span, 0.0, 1.0);
    html.Raw("<circle cx=\"").Text(Number(8 + at * 704)).Raw("\" cy=\"12\" r=\"5\"><title>");
    html.Text(FormatTime(mark.time)).Raw(" ").Text(mark.label).Raw("</title></circle>");
  }
  return html.Raw("</svg>");
}

}  // namespace keywatch::app::page
