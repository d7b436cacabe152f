#include "app/generate/world.h"

#include <utility>

#include <fmt/core.h>

#include "app/generate/world_builder.h"

namespace keywatch::generate {

namespace {

constexpr size_t kUsers = 140;
constexpr size_t kPrograms = 90;
constexpr size_t kSceneUsers = 16;
constexpr size_t kScenePrograms = 16;
constexpr size_t kWorkloads = 8;
constexpr size_t kVaults = 24;
constexpr size_t kHsms = 8;
constexpr size_t kAttackerAddresses = 240;

const std::vector<std::string> kStages = {"prod", "test", "dr", "dev"};

class WorldMaker {
 public:
  explicit WorldMaker(uint64_t seed) : builder_(seed) {}

  World Make() {
    for (size_t i = 0; i < kVaults; ++i)
      AddResource(false, i);
    for (size_t i = 0; i < kHsms; ++i)
      AddResource(true, i);
    for (size_t i = 0; i < kUsers; ++i) {
      size_t user = AddUser();
      world_.everyday.push_back(user);
      world_.denied.push_back(user);
    }
    for (size_t i = 0; i < kPrograms; ++i) {
      size_t program = AddProgram(2);
      world_.everyday.push_back(program);
      world_.denied.push_back(program);
    }
    for (size_t i = 0; i < kSceneUsers; ++i)
      world_.scene_users.push_back(AddUser());
    for (size_t i = 0; i < kScenePrograms; ++i)
      world_.scene_programs.push_back(AddProgram(1));
    // They are seen at work on other days, too.
    for (const auto* scene : {&world_.scene_users, &world_.scene_programs}) {
      world_.everyday.insert(world_.everyday.end(), scene->begin(), scene->end());
    }
    for (size_t i = 0; i < kWorkloads; ++i)
      AddWorkload(i);
    world_.hsm_backup_program = AddProgram(1);
    world_.key_backup_program = AddProgram(1);
    world_.hsm_officer = AddUser();
    world_.resource_graph = builder_.Add(builder_.MakeResourceGraph());
    for (size_t i = 0; i < kAttackerAddresses; ++i) {
      world_.attacker_addresses.push_back(
          fmt::format("{}.{}", i % 2 == 0 ? "203.0.113" : "198.51.100", i / 2 + 1));
    }
    return std::move(world_);
  }

 private:
  void AddResource(bool is_hsm, size_t number) {
    const std::string& team = WorldBuilder::Team(number);
    builder_.AddResource(is_hsm,
                         number,
                         fmt::format("{}{}-{}-{}",
                                     is_hsm ? "hsm" : "kv",
                                     number + 1,
                                     team,
                                     kStages[number / 6 % kStages.size()]),
                         "rg-" + team,
                         {});
  }

  void ChooseResources(Principal* principal) {
    for (size_t i = 0; i < 4; ++i)
      principal->resources.push_back(random_.Pick(world_.vaults));
    for (size_t i = 0; i < 2; ++i)
      principal->resources.push_back(random_.Pick(world_.hsms));
  }

  size_t AddUser() {
    Principal user = builder_.MakeUser();
    ChooseResources(&user);
    return builder_.Add(std::move(user));
  }

  size_t AddProgram(size_t addresses) {
    Principal program = builder_.MakeProgram(addresses);
    ChooseResources(&program);
    return builder_.Add(std::move(program));
  }

  void AddWorkload(size_t number) {
    Workload workload;
    workload.principal = AddProgram(2);
    workload.resource =
        number % 2 == 0 ? world_.hsms[number % kHsms] : world_.vaults[number % kVaults];
    workload.key = world_.resources[workload.resource].keys[number];
    world_.workloads.push_back(std::move(workload));
  }

  WorldBuilder builder_;
  World& world_ = builder_.world();
  Random& random_ = builder_.random();
};

}  // namespace

World MakeWorld(uint64_t seed) { return WorldMaker(seed).Make(); }

}  // namespace keywatch::generate
