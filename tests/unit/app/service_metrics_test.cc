#include "app/service_metrics.h"

#include <gtest/gtest.h>
#include <sys/statvfs.h>

namespace keywatch::app {
namespace {

bool Has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

double ValueOf(const std::string& text, const std::string& name) {
  size_t at = ("\n" + text).find("\n" + name + " ");
  return at == std::string::npos ? -1.0 : std::stod(text.substr(at + name.size()));
}

TEST(ServiceMetrics, RulesByState) {
  MetricRegistry metrics;
  AddStaticMetrics(7, 2, &metrics);
  std::string text = metrics.Expose();
  EXPECT_TRUE(Has(text, "keywatch_rules_loaded{state=\"active\"} 7"));
  EXPECT_TRUE(Has(text, "keywatch_rules_loaded{state=\"rejected\"} 2"));
}

TEST(ServiceMetrics, TheDiskUnderTheDataDirectory) {
  MetricRegistry metrics;
  AddDiskMetrics("/proc", &metrics);  // a file system of its own, without room
  EXPECT_TRUE(Has(metrics.Expose(), "keywatch_data_dir_size_bytes 0"));
  MetricRegistry of_root;
  AddDiskMetrics("/", &of_root);
  std::string text = of_root.Expose();
  EXPECT_GT(ValueOf(text, "keywatch_data_dir_size_bytes"), 0);
  EXPECT_LE(ValueOf(text, "keywatch_data_dir_free_bytes"),
            ValueOf(text, "keywatch_data_dir_size_bytes"));
}

TEST(ServiceMetrics, ADirectoryThatIsGoneLeavesTheLastValue) {
  MetricRegistry metrics;
  AddDiskMetrics("/does/not/exist", &metrics);
  EXPECT_TRUE(Has(metrics.Expose(), "keywatch_data_dir_free_bytes 0"));
}

TEST(ServiceMetrics, ReadyAndTurnsAreAskedForAtEachScrape) {
  MetricRegistry metrics;
  bool ready = false;
  uint64_t turns = 5;
  AddLoopMetrics([&] { return ready; }, [&] { return turns; }, &metrics);
  std::string text = metrics.Expose();
  EXPECT_TRUE(Has(text, "keywatch_ready 0"));
  EXPECT_TRUE(Has(text, "keywatch_worker_turns_total 5"));
  ready = true;
  turns = 9;
  text = metrics.Expose();
  EXPECT_TRUE(Has(text, "keywatch_ready 1"));
  EXPECT_TRUE(Has(text, "keywatch_worker_turns_total 9"));
}

}  // namespace
}  // namespace keywatch::app
