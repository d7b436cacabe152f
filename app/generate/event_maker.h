// Shorthand for events that are planned one by one.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/random.h"

namespace keywatch::generate {

class EventMaker {
 public:
  EventMaker(const World* world, Random random, std::vector<Event>* out)
      : world_(world), random_(random), out_(out) {}

  // Appends an event; the reference is good until the next one. A caller beyond the principals is
  // nobody.
  Event& Add(record::Ticks time,
             const Operation& operation,
             size_t resource,
             size_t caller,
             std::string_view address,
             std::string_view object) {
    Event event;
    event.resource = &world_->resources[resource];
    event.time =
        event.resource->is_hsm ? record::FloorTo(time, record::kTicksPerMillisecond) : time;
    event.operation = &operation;
    if (caller < world_->principals.size())
      event.principal = &world_->principals[caller];
    event.address = address;
    event.object = object;
    event.duration_ms = static_cast<uint32_t>(5 + random_.Below(60));
    event.correlation[0] = random_.Next();
    event.correlation[1] = random_.Next();
    return out_->emplace_back(event);
  }

  Event& AddDenial(record::Ticks time,
                   const Operation& operation,
                   size_t resource,
                   size_t caller,
                   std::string_view address,
                   std::string_view object,
                   Denial denial) {
    Event& event = Add(time, operation, resource, caller, address, object);
    event.status = 403;
    event.denial = denial;
    return event;
  }

  [[nodiscard]] const World& world() const { return *world_; }
  [[nodiscard]] const Principal& principal(size_t index) const { return world_->principals[index]; }
  Random& random() { return random_; }

  static constexpr size_t kNobody = static_cast<size_t>(-1);

 private:
  const World* world_;
  Random random_;
  std::vector<Event>* out_;
};

}  // namespace keywatch::generate
