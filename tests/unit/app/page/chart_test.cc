#include "app/page/chart.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::app::page {
namespace {

using tests::Has;

constexpr record::Ticks kChartTime = record::kUnixEpoch + 20'000 * record::kTicksPerDay;

TEST(Chart, BarsAreAsHighAsTheirMinutes) {
  MinuteCounts counts;
  counts.AddRecords(50, kChartTime);
  counts.AddRecords(25, kChartTime - record::kTicksPerMinute);
  std::string svg = RecordsChart(counts.Last(kChartTime)).str();
  EXPECT_TRUE(Has(svg, "Records per minute: 75 in 2 h"));
  EXPECT_TRUE(Has(svg, "<rect class=\"records\" x=\"714\" y=\"0\" width=\"5\" height=\"64\"/>"));
  EXPECT_TRUE(Has(svg, "<rect class=\"records\" x=\"708\" y=\"32\" width=\"5\" height=\"32\"/>"));
}

TEST(Chart, AlertsAreStackedTheGravestBelow) {
  MinuteCounts counts;
  counts.AddAlert(3, kChartTime);
  counts.AddAlert(1, kChartTime);
  std::string svg = AlertsChart(counts.Last(kChartTime)).str();
  EXPECT_TRUE(Has(svg, "<rect class=\"high\" x=\"714\" y=\"32\" width=\"5\" height=\"32\"/>"));
  EXPECT_TRUE(Has(svg, "<rect class=\"low\" x=\"714\" y=\"0\" width=\"5\" height=\"32\"/>"));
}

TEST(Chart, AnEmptyOneIsOneToo) {
  EXPECT_TRUE(Has(RecordsChart(MinuteCounts().Last(kChartTime)).str(), "0 in 2 h"));
}

TEST(Chart, SharesStayInTheirBar) {
  EXPECT_TRUE(Has(ShareBar(7.0, "x").str(), "class=\"fill\" x=\"0\" y=\"0\" width=\"100\""));
  EXPECT_TRUE(Has(ShareBar(-1.0, "x").str(), "class=\"fill\" x=\"0\" y=\"0\" width=\"0\""));
}

TEST(Chart, MarksOutsideAStripStandAtItsEnds) {
  std::string svg =
      TimeStrip(kChartTime, kChartTime + 100, {{kChartTime - 50, "a"}, {kChartTime + 500, "b"}})
          .str();
  EXPECT_TRUE(Has(svg, "cx=\"8\""));
  EXPECT_TRUE(Has(svg, "cx=\"712\""));
}

}  // namespace
}  // namespace keywatch::app::page
