#include "engine/base/metrics.h"

#include <thread>

#include <gtest/gtest.h>

#include "engine/base/log.h"
#include "tests/support/text_match.h"

namespace keywatch {
namespace {

using tests::HasLine;

TEST(MetricsTest, SeriesExistWithZeroFromTheStart) {
  MetricRegistry registry;
  registry.AddCounter("keywatch_x_total", "Xs.", {{"sink", "a"}});
  std::string text = registry.Expose();
  EXPECT_TRUE(HasLine(text, "# HELP keywatch_x_total Xs."));
  EXPECT_TRUE(HasLine(text, "# TYPE keywatch_x_total counter"));
  EXPECT_TRUE(HasLine(text, "keywatch_x_total{sink=\"a\"} 0"));
}

TEST(MetricsTest, SameNameAndLabelsAreTheSameMetric) {
  MetricRegistry registry;
  Counter a = registry.AddCounter("keywatch_x_total", "Xs.", {{"sink", "a"}});
  Counter again = registry.AddCounter("keywatch_x_total", "Xs.", {{"sink", "a"}});
  Counter b = registry.AddCounter("keywatch_x_total", "Xs.", {{"sink", "b"}});
  a.Add(2);
  again.Add();
  b.Add(0.5);
  EXPECT_EQ(a.Value(), 3);
  std::string text = registry.Expose();
  EXPECT_TRUE(HasLine(text, "keywatch_x_total{sink=\"a\"} 3"));
  EXPECT_TRUE(HasLine(text, "keywatch_x_total{sink=\"b\"} 0.5"));
  EXPECT_EQ(text.find("# TYPE keywatch_x_total"), text.rfind("# TYPE keywatch_x_total"));
}

TEST(MetricsTest, HistogramBucketsAreCumulative) {
  MetricRegistry registry;
  Histogram h = registry.AddHistogram("keywatch_d_seconds", "Ds.", {0.1, 1}, {});
  h.Observe(0.05);
  h.Observe(0.5);
  h.Observe(5);
  std::string text = registry.Expose();
  EXPECT_TRUE(HasLine(text, "keywatch_d_seconds_bucket{le=\"0.1\"} 1"));
  EXPECT_TRUE(HasLine(text, "keywatch_d_seconds_bucket{le=\"1\"} 2"));
  EXPECT_TRUE(HasLine(text, "keywatch_d_seconds_bucket{le=\"+Inf\"} 3"));
  EXPECT_TRUE(HasLine(text, "keywatch_d_seconds_count 3"));
}

TEST(MetricsTest, LabelValuesAreEscaped) {
  MetricRegistry registry;
  registry.AddGauge("keywatch_g", "G.", {{"sink", "a\"b\\c\nd"}}).Set(1);
  EXPECT_TRUE(HasLine(registry.Expose(), R"(keywatch_g{sink="a\"b\\c\nd"} 1)"));
}

TEST(MetricsTest, ARefresherRunsBeforeEachExposition) {
  MetricRegistry registry;
  Gauge g = registry.AddGauge("keywatch_g", "G.");
  int calls = 0;
  registry.BeforeExpose([&]() mutable { g.Set(++calls); });
  EXPECT_TRUE(HasLine(registry.Expose(), "keywatch_g 1"));
  EXPECT_TRUE(HasLine(registry.Expose(), "keywatch_g 2"));
}

TEST(MetricsTest, ProcessMetrics) {
  MetricRegistry registry;
  registry.AddProcessMetrics();
  std::string text = registry.Expose();
  auto value = [&](const std::string& name) {
    size_t at = ("\n" + text).find("\n" + name + " ");
    return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size()));
  };
  EXPECT_GT(value("process_cpu_seconds_total"), 0);
  EXPECT_GT(value("process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value("process_open_fds"), 3);
  double now = static_cast<double>(time(nullptr));
  EXPECT_GT(value("process_start_time_seconds"), now - 86400);
  EXPECT_LE(value("process_start_time_seconds"), now + 2);
  Log(LogLevel::kError, "for the counter");
  EXPECT_GE(LogLineCount(LogLevel::kError), 1U);
  EXPECT_NE(registry.Expose().find("keywatch_log_messages_total{level=\"error\"} " +
                                   std::to_string(LogLineCount(LogLevel::kError))),
            std::string::npos);
}

TEST(MetricsTest, AHandleWithoutRegistryCountsNothing) {
  Counter counter;
  counter.Add();
  EXPECT_EQ(counter.Value(), 0);
}

TEST(MetricsTest, CountsFromManyThreads) {
  MetricRegistry registry;
  Counter counter = registry.AddCounter("keywatch_x_total", "Xs.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([counter]() mutable {
      for (int i = 0; i < 10'000; ++i)
        counter.Add();
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(counter.Value(), 40'000);
}

TEST(MetricsDeathTest, ANameOfTwoKindsIsOurMistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        MetricRegistry registry;
        registry.AddCounter("keywatch_x_total", "Xs.");
        registry.AddGauge("keywatch_x_total", "Xs.");
      },
      "keywatch_x_total");
}

}  // namespace
}  // namespace keywatch
