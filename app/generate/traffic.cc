#include "app/generate/traffic.h"

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "app/generate/delivery.h"
#include "app/generate/estate_traffic.h"
#include "app/generate/everyday.h"
#include "app/generate/routine.h"
#include "app/generate/scenes.h"
#include "app/generate/world.h"
#include "engine/record/dynamic.h"

namespace keywatch::generate {

namespace {

constexpr int kMaxDays = 366;
constexpr uint64_t kMaxRecords = 1'000'000'000;

// Purposes of random numbers.
constexpr uint64_t kForDelivery = 1;
constexpr uint64_t kForEveryday = uint64_t{1} << 32;
constexpr uint64_t kForRoutine = uint64_t{2} << 32;
constexpr uint64_t kForScenes = uint64_t{3} << 32;

Status Check(const TrafficOptions& options) {
  if (options.days < 1 || options.days > kMaxDays) {
    return InvalidInput(fmt::format("expected 1 to {} days, found {}", kMaxDays, options.days));
  }
  if (options.history_days < 0 || options.history_days > kMaxDays) {
    return InvalidInput(
        fmt::format("expected 0 to {} days of history, found {}", kMaxDays, options.history_days));
  }
  if (options.records > kMaxRecords || options.history_records > kMaxRecords) {
    return InvalidInput(fmt::format("expected at most {} records", kMaxRecords));
  }
  if (options.start < (kMaxDays + 1) * record::kTicksPerDay ||
      options.start > record::kMaxDatetime - (kMaxDays + 1) * record::kTicksPerDay) {
    return InvalidInput("expected a start in the years 3 to 9997");
  }
  for (uint64_t share : {options.hsm_per_mille,
                         options.duplicate_per_mille,
                         options.disorder_per_mille + options.late_per_mille}) {
    if (share > 1000)
      return InvalidInput(
          fmt::format("expected a share of at most 1000 per mille, found {}", share));
  }
  return {};
}

class Traffic {
 public:
  Traffic(const TrafficOptions& options, const TrafficSinks& sinks)
      : options_(options),
        sinks_(sinks),
        world_(MakeWorld(options.seed)),
        random_(options.seed),
        delivery_(&world_, random_.Fork(kForDelivery), options, sinks.record) {}

  TrafficCounts Run() {
    bool more = true;
    for (int day = 0; more && day < options_.history_days + options_.days; ++day)
      more = RunDay(day);
    if (more)
      delivery_.Finish();
    TrafficCounts counts = delivery_.counts();
    counts.labels = labels_;
    return counts;
  }

 private:
  // Days are counted from the first of the history.
  bool RunDay(int day) {
    int counting_day = day - options_.history_days;
    auto purpose = static_cast<uint64_t>(day);
    record::Ticks begin =
        record::FloorTo(options_.start, record::kTicksPerDay) + counting_day * record::kTicksPerDay;
    std::vector<Event> planned;
    AddRoutine(world_, random_.Fork(kForRoutine + purpose), begin, &planned);
    if (counting_day >= 0 && options_.scenes)
      AddScenesOf(begin, counting_day, purpose, &planned);
    std::stable_sort(planned.begin(), planned.end(), [](const Event& a, const Event& b) {
      return a.time < b.time;
    });
    Everyday everyday(&world_,
                      random_.Fork(kForEveryday + purpose),
                      begin,
                      RecordsOf(counting_day),
                      options_.hsm_per_mille);
    Event event;
    auto next_planned = planned.begin();
    while (everyday.Next(&event)) {
      for (; next_planned != planned.end() && next_planned->time <= event.time; ++next_planned) {
        if (!delivery_.Push(*next_planned))
          return false;
      }
      if (!delivery_.Push(event))
        return false;
    }
    return std::all_of(
        next_planned, planned.end(), [this](const Event& rest) { return delivery_.Push(rest); });
  }

  void AddScenesOf(record::Ticks begin,
                   int counting_day,
                   uint64_t purpose,
                   std::vector<Event>* planned) {
    std::vector<Label> labels;
    AddScenes(world_, random_.Fork(kForScenes + purpose), begin, counting_day, planned, &labels);
    for (const Label& label : labels)
      sinks_.label(label);
    labels_ += labels.size();
  }

  [[nodiscard]] uint64_t RecordsOf(int counting_day) const {
    if (counting_day < 0)
      return options_.history_records;
    auto day = static_cast<uint64_t>(counting_day);
    auto days = static_cast<uint64_t>(options_.days);
    return options_.records * (day + 1) / days - options_.records * day / days;
  }

  TrafficOptions options_;
  const TrafficSinks& sinks_;
  World world_;
  Random random_;
  Delivery delivery_;
  uint64_t labels_ = 0;
};

}  // namespace

std::string LabelJson(const Label& label) {
  std::string json = "{";
  auto member = [&json](std::string_view name, std::string_view text) {
    json += json.size() > 1 ? "," : "";
    record::AppendJsonString(name, &json);
    json += ':';
    record::AppendJsonString(text, &json);
  };
  member("kind", label.kind);
  member("rule", label.rule);
  json += label.should_alert ? ",\"should_alert\":true" : ",\"should_alert\":false";
  member("principal", label.principal);
  member("address", label.address);
  member("resource", label.resource);
  member("operation", label.operation);
  member("object", label.object);
  member("first_event_time", record::FormatDatetime(label.first));
  member("last_event_time", record::FormatDatetime(label.last));
  return json + fmt::format(",\"records\":{}}}", label.records);
}

Result<TrafficCounts> GenerateTraffic(const TrafficOptions& options, const TrafficSinks& sinks) {
  KEYWATCH_RETURN_IF_ERROR(Check(options));
  if (options.estate != nullptr)
    return GenerateEstateTraffic(options, sinks);
  return Traffic(options, sinks).Run();
}

}  // namespace keywatch::generate
