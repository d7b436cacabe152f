#include "app/generate/everyday.h"

#include <algorithm>
#include <functional>

#include "app/generate/daytime.h"
#include "app/generate/operations.h"

namespace keywatch::generate {

namespace {

constexpr uint64_t kSecondsPerHour = 3600;
constexpr uint64_t kDayWeight = kHoursWeight * kSecondsPerHour;

struct Share {
  const Operation* operation;
  uint64_t per_mille;
};

constexpr Share kVaultMix[] = {{&operations::kSecretGet, 520},
                               {&operations::kKeyGet, 130},
                               {&operations::kKeySign, 90},
                               {&operations::kKeyUnwrap, 80},
                               {&operations::kKeyWrap, 50},
                               {&operations::kCertificateGet, 50},
                               {&operations::kSecretList, 30},
                               {&operations::kKeyList, 20},
                               {&operations::kKeyDecrypt, 20},
                               {&operations::kSecretSet, 10}};
constexpr Share kHsmMix[] = {{&operations::kKeySign, 420},
                             {&operations::kKeyUnwrap, 180},
                             {&operations::kKeyGet, 140},
                             {&operations::kKeyWrap, 90},
                             {&operations::kKeyEncrypt, 60},
                             {&operations::kKeyDecrypt, 50},
                             {&operations::kKeyVerify, 40},
                             {&operations::kKeyList, 20}};
constexpr uint64_t kVaultChallenges = 120;  // per mille: Authentication 401
constexpr uint64_t kHsmChallenges = 50;
constexpr uint64_t kInventory = 30;  // Azure Resource Graph looks at a vault
constexpr uint64_t kNotFound = 8;

constexpr uint64_t kDaysBetweenAway = 7;

// Tells callers apart, always in the same way.
uint64_t NumberOf(const Principal& caller) {
  uint64_t number = 0;
  for (char c : caller.object_id)
    number = number * 31 + static_cast<unsigned char>(c);
  return number;
}

// One day in seven, which begins at night, a caller is at another place.
bool IsAway(const Principal& caller, record::Ticks time) {
  auto day = static_cast<uint64_t>((time - 4 * record::kTicksPerHour) / record::kTicksPerDay);
  return (NumberOf(caller) + day) % kDaysBetweenAway == 0;
}

// Everybody works with one object of a kind at each place, always the same.
std::string_view PickObject(const Principal& caller, const std::vector<std::string>& objects) {
  return objects[NumberOf(caller) % objects.size()];
}

template <size_t size>
const Operation* PickOperation(const Share (&mix)[size], Random* random) {
  uint64_t at = random->Below(1000);
  for (const Share& share : mix) {
    if (at < share.per_mille)
      return share.operation;
    at -= share.per_mille;
  }
  return mix[0].operation;
}

}  // namespace

Everyday::Everyday(
    const World* world, Random random, record::Ticks day, uint64_t records, uint64_t hsm_per_mille)
    : world_(world), random_(random), day_(day), records_(records), hsm_per_mille_(hsm_per_mille) {}

bool Everyday::FillSecond() {
  constexpr int64_t kSecondsPerDay = 24 * int64_t{kSecondsPerHour};
  while (second_ < kSecondsPerDay) {
    record::Ticks begin = day_ + second_ * record::kTicksPerSecond;
    weight_so_far_ += kHourWeights[second_ / int64_t{kSecondsPerHour}];
    ++second_;
    uint64_t due = records_ * weight_so_far_ / kDayWeight;
    if (due == planned_)
      continue;
    for (; planned_ < due; ++planned_) {
      times_.push_back(begin + random_.Between(0, record::kTicksPerSecond - 1));
    }
    std::sort(times_.begin(), times_.end(), std::greater<>());
    return true;
  }
  return false;
}

bool Everyday::Next(Event* event) {
  if (times_.empty() && !FillSecond())
    return false;
  *event = Event();
  event->time = times_.back();
  times_.pop_back();
  event->duration_ms = static_cast<uint32_t>(3 + random_.Below(40));
  if (random_.PerMille(20))
    event->duration_ms += static_cast<uint32_t>(random_.Below(900));
  event->correlation[0] = random_.Next();
  event->correlation[1] = random_.Next();
  const Principal& caller = world_->principals[random_.Pick(world_->everyday)];
  event->principal = &caller;
  event->address = caller.addresses[IsAway(caller, event->time) ? caller.addresses.size() - 1 : 0];
  if (random_.PerMille(hsm_per_mille_)) {
    MakeHsmEvent(caller, event);
  } else {
    MakeVaultEvent(caller, event);
  }
  return true;
}

void Everyday::MakeVaultEvent(const Principal& caller, Event* event) {
  event->resource = &world_->resources[caller.resources[random_.Below(4)]];
  if (random_.PerMille(kInventory)) {
    const Principal& graph = world_->principals[world_->resource_graph];
    event->principal = &graph;
    event->address = random_.Pick(graph.addresses);
    event->operation = &operations::kVaultGet;
    return;
  }
  if (random_.PerMille(kVaultChallenges)) {
    event->operation = &operations::kAuthentication;
    event->principal = nullptr;
    event->status = 401;
    event->object = PickObject(caller, event->resource->secrets);
    return;
  }
  event->operation = PickOperation(kVaultMix, &random_);
  if (event->operation == &operations::kSecretList) {
    event->object = "/secrets";
  } else if (event->operation == &operations::kKeyList) {
    event->object = "/keys";
  } else if (event->operation->name.starts_with("Secret")) {
    event->object = PickObject(caller, event->resource->secrets);
  } else if (event->operation == &operations::kCertificateGet) {
    event->object = PickObject(caller, event->resource->certificates);
  } else {
    event->object = PickObject(caller, event->resource->keys);
  }
  if (event->operation->suffix.empty() && random_.PerMille(kNotFound))
    event->status = 404;
}

void Everyday::MakeHsmEvent(const Principal& caller, Event* event) {
  event->time = record::FloorTo(event->time, record::kTicksPerMillisecond);
  event->resource = &world_->resources[caller.resources[4 + random_.Below(2)]];
  event->object = PickObject(caller, event->resource->keys);
  if (random_.PerMille(kHsmChallenges)) {
    event->operation = &operations::kAuthentication;
    event->principal = nullptr;
    event->status = 401;
    return;
  }
  event->operation = PickOperation(kHsmMix, &random_);
  if (event->operation == &operations::kKeyList) {
    event->object = "/keys";
  } else if (event->operation == &operations::kKeyGet && random_.PerMille(kNotFound)) {
    event->status = 404;
  }
}

}  // namespace keywatch::generate
