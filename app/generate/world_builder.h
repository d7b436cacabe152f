// Makes the principals and resources of a World one by one, as Azure would name them.
//
// The imagined company (world.cc) and the estates (estate_world.cc) are built with it. Each thing
// draws its ids from one generator, so the order of the calls is part of what a seed means.
#pragma once

#include <string>
#include <string_view>

#include "app/generate/random.h"
#include "app/generate/world.h"

namespace keywatch::generate {

class WorldBuilder {
 public:
  // Draws the tenant and the subscription.
  explicit WorldBuilder(uint64_t seed);

  struct Contents {
    size_t keys = 40;
    size_t secrets = 60;
    size_t certificates = 12;
  };
  // `number` decides about access by roles and about spelling, which differ between vaults.
  size_t AddResource(bool is_hsm,
                     size_t number,
                     std::string name,
                     std::string_view group,
                     const Contents& contents);

  // A person with an address at the office and one at home.
  Principal MakeUser();
  // A service principal with private addresses.
  Principal MakeProgram(size_t addresses);
  // A service principal whose addresses the caller gives it.
  Principal MakeProgram();
  // Azure's own inventory, which looks at every vault.
  Principal MakeResourceGraph();
  size_t Add(Principal principal);

  World& world() { return world_; }
  Random& random() { return random_; }

  // Of the teams that share vaults and name keys.
  static const std::string& Team(size_t number);

 private:
  std::string Object(const char* collection, const char* kind, size_t number);

  Random random_;
  World world_;
  uint64_t users_ = 0;
  uint64_t programs_ = 0;
};

}  // namespace keywatch::generate
