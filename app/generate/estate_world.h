// The principals, places and addresses of an estate.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "app/generate/estate.h"
#include "app/generate/random.h"
#include "app/generate/world.h"

namespace keywatch::generate {

// Text that events point to; they live no longer than it.
using Texts = std::deque<std::string>;

struct Member {
  const Role* role = nullptr;
  size_t role_number = 0;
  size_t number = 0;     // within the role
  size_t principal = 0;  // index into World::principals
  std::vector<size_t> places;
};

// A program that comes new on a day.
struct Arrival {
  int day = 0;  // counted from the first of the history
  Member member;
  size_t place = 0;
  bool makes_vault = false;  // its vault is made for it, the same day
};

struct EstateWorld {
  const Estate* estate = nullptr;
  World world;
  std::vector<Member> members;
  std::vector<Arrival> arrivals;
  std::vector<std::string_view> tags;  // of World::resources; "new" of vaults made later

  [[nodiscard]] std::vector<size_t> PlacesOf(std::string_view tag) const;
  // nullptr: the estate has no such role.
  [[nodiscard]] const Member* FirstOf(std::string_view role) const;
};

// `day` is the first one, of the history, at midnight; arrivals are planned for `days` days.
EstateWorld MakeEstateWorld(const Estate& estate, uint64_t seed, record::Ticks day, int days);

// Where a member is at a time.
std::string_view AddressAt(const EstateWorld& world,
                           const Member& member,
                           record::Ticks time,
                           Random* random,
                           Texts* texts);

// 0: Monday.
int WeekdayOf(record::Ticks time);

}  // namespace keywatch::generate
