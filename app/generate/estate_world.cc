#include "app/generate/estate_world.h"

#include <utility>

#include <fmt/core.h>

#include "app/generate/world_builder.h"
#include "engine/record/time.h"

namespace keywatch::generate {

namespace {

constexpr size_t kAttackerAddresses = 240;
constexpr uint64_t kReplicas = 3;  // of a program in containers, a day

class EstateMaker {
 public:
  EstateMaker(const Estate& estate, uint64_t seed) : builder_(seed) { made_.estate = &estate; }

  EstateWorld Make(record::Ticks day, int days) {
    const Estate& estate = *made_.estate;
    for (const ResourceGroup& group : estate.resources) {
      for (uint32_t i = 0; i < group.count; ++i)
        AddResource(group, i);
    }
    for (size_t role = 0; role < estate.roles.size(); ++role) {
      for (size_t i = 0; i < estate.roles[role].members; ++i)
        made_.members.push_back(MakeMember(estate.roles[role], role, i));
    }
    builder_.world().resource_graph = builder_.Add(builder_.MakeResourceGraph());
    AddArrivals(day, days);
    for (size_t i = 0; i < kAttackerAddresses; ++i) {
      builder_.world().attacker_addresses.push_back(
          fmt::format("{}.{}", i % 2 == 0 ? "203.0.113" : "198.51.100", i / 2 + 1));
    }
    made_.world = std::move(builder_.world());
    return std::move(made_);
  }

 private:
  size_t AddResource(const ResourceGroup& group, size_t number) {
    made_.tags.push_back(group.tag);
    return builder_.AddResource(
        group.is_hsm,
        made_.tags.size(),
        fmt::format("{}-{}-{}", group.is_hsm ? "hsm" : "kv", group.tag, number + 1),
        fmt::format("rg-{}", group.tag),
        {.keys = group.keys, .secrets = group.secrets, .certificates = group.certificates});
  }

  Member MakeMember(const Role& role, size_t role_number, size_t number) {
    Member member{&role, role_number, number, 0, {}};
    Principal principal;
    if (role.is_person) {
      principal = builder_.MakeUser();
    } else if (role.network == Network::kPrivate) {
      principal = builder_.MakeProgram(2);
    } else {
      principal = builder_.MakeProgram();
      if (role.network == Network::kPublic)
        principal.addresses = {fmt::format("198.18.{}.{}", 200 + role_number, number % 250 + 1)};
    }
    member.principal = builder_.Add(std::move(principal));
    std::vector<size_t> all = made_.PlacesOf(role.tag);
    if (role.tag.empty() && !all.empty() && role.name.starts_with("full backup"))
      std::erase_if(all, [&](size_t i) { return !builder_.world().resources[i].is_hsm; });
    size_t places = role.places == 0 ? all.size() : std::min<size_t>(role.places, all.size());
    for (size_t i = 0; i < places; ++i)
      member.places.push_back(all[(number + i) % all.size()]);
    return member;
  }

  void AddArrivals(record::Ticks day, int days) {
    const Deployments& plan = made_.estate->deployments;
    std::vector<size_t> hsms =
        plan.hsm_tag.empty() ? std::vector<size_t>() : made_.PlacesOf(plan.hsm_tag);
    ResourceGroup vault{.tag = "new", .count = 1, .keys = 4, .secrets = 12, .certificates = 1};
    uint32_t due = 0;
    size_t number = 0;
    for (int i = 0; i < days; ++i) {
      if (WeekdayOf(day + i * record::kTicksPerDay) >= 5)
        continue;
      for (due += plan.per_week; due >= 5; due -= 5, ++number) {
        Arrival arrival;
        arrival.day = i;
        bool at_hsm = !hsms.empty() && number % 3 == 2;
        arrival.makes_vault = !at_hsm;
        arrival.place = at_hsm ? hsms[number % hsms.size()] : AddResource(vault, number);
        arrival.member = MakeMember(plan.service, made_.estate->roles.size(), number);
        arrival.member.places = {arrival.place};
        made_.arrivals.push_back(std::move(arrival));
      }
    }
  }

  WorldBuilder builder_;
  EstateWorld made_;
};

// Mixed so that neighbours have nothing in common.
uint64_t Mix(uint64_t a, uint64_t b, uint64_t c) {
  return Random(a * 1'000'003 + b).Fork(c).Next();
}

}  // namespace

int WeekdayOf(record::Ticks time) {
  // The first day of the year 1 was a Monday.
  return static_cast<int>(time / record::kTicksPerDay % 7);
}

std::vector<size_t> EstateWorld::PlacesOf(std::string_view tag) const {
  std::vector<size_t> places;
  for (size_t i = 0; i < tags.size(); ++i) {
    if (tag.empty() ? tags[i] != "new" : tags[i] == tag)
      places.push_back(i);
  }
  return places;
}

const Member* EstateWorld::FirstOf(std::string_view role) const {
  for (const Member& member : members) {
    if (member.role->name == role)
      return &member;
  }
  return nullptr;
}

EstateWorld MakeEstateWorld(const Estate& estate, uint64_t seed, record::Ticks day, int days) {
  return EstateMaker(estate, seed).Make(day, days);
}

std::string_view AddressAt(const EstateWorld& world,
                           const Member& member,
                           record::Ticks time,
                           Random* random,
                           Texts* texts) {
  const Principal& principal = world.world.principals[member.principal];
  auto day = static_cast<uint64_t>(time / record::kTicksPerDay);
  switch (member.role->network) {
    case Network::kPerson:
      return principal.addresses[(member.principal + day) % 7 == 0 ? 1 : 0];
    case Network::kPrivate:
      return principal.addresses[random->Below(principal.addresses.size())];
    case Network::kPublic:
      return principal.addresses[0];
    case Network::kPods: {
      uint64_t replica = random->Below(kReplicas);
      return texts->emplace_back(fmt::format("10.{}.{}.{}",
                                             40 + member.role_number,
                                             member.number / 40,
                                             4 + Mix(member.principal, day, replica) % 250));
    }
    case Network::kIpv6:
      return texts->emplace_back(fmt::format("2001:db8:{:x}:{:x}::{:x}",
                                             0x100 + member.role_number,
                                             member.number,
                                             1 + Mix(member.principal, day, 0) % 0xffff));
  }
  return {};
}

}  // namespace keywatch::generate
