#include "app/generate/estate_traffic.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/generate/delivery.h"
#include "app/generate/estate_day.h"
#include "app/generate/estate_world.h"
#include "app/generate/play_story.h"

namespace keywatch::generate {

namespace {

// Purposes of random numbers.
constexpr uint64_t kForDelivery = 1;
constexpr uint64_t kForStory = 2;
constexpr uint64_t kForDays = uint64_t{1} << 32;

}  // namespace

Result<TrafficCounts> GenerateEstateTraffic(const TrafficOptions& options,
                                            const TrafficSinks& sinks) {
  if (options.story != nullptr && !CanPlay(*options.estate, *options.story)) {
    std::string others;
    for (const Estate& other : Estates()) {
      if (CanPlay(other, *options.story))
        others += fmt::format("{}{}", others.empty() ? "" : " or ", other.name);
    }
    return InvalidInput(fmt::format("the story {} cannot play in the estate {}: try --estate {}",
                                    options.story->name,
                                    options.estate->name,
                                    others));
  }
  int days = options.history_days + options.days;
  record::Ticks first_day = record::FloorTo(options.start, record::kTicksPerDay) -
                            options.history_days * record::kTicksPerDay;
  EstateWorld world = MakeEstateWorld(*options.estate, options.seed, first_day, days);
  StoryCast cast = MakeStoryCast(options.seed, &world);
  Random random(options.seed);
  Delivery delivery(&world.world, random.Fork(kForDelivery), options, sinks.record);
  uint64_t labelled = 0;
  bool more = true;
  for (int number = 0; more && number < days; ++number) {
    EstateDay day;
    day.begin = first_day + number * record::kTicksPerDay;
    day.number = number;
    day.history_days = options.history_days;
    day.percent = number < options.history_days ? options.history_percent : 100;
    Texts texts;
    std::vector<Event> events;
    AddEstateDay(
        world, random.Fork(kForDays + static_cast<uint64_t>(number)), day, &texts, &events);
    if (options.story != nullptr && number == options.history_days) {
      std::vector<Label> labels;
      PlayStory(
          world, cast, *options.story, random.Fork(kForStory), day.begin, &texts, &events, &labels);
      for (const Label& label : labels)
        sinks.label(label);
      labelled = labels.size();
    }
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
      return a.time < b.time;
    });
    more = std::all_of(
        events.begin(), events.end(), [&](const Event& event) { return delivery.Push(event); });
  }
  if (more)
    delivery.Finish();
  TrafficCounts counts = delivery.counts();
  counts.labels = labelled;
  return counts;
}

}  // namespace keywatch::generate
