#include "app/generate/scenes.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/generate/event_maker.h"
#include "app/generate/operations.h"

namespace keywatch::generate {

namespace {

using record::kTicksPerHour;
using record::kTicksPerMinute;
using record::kTicksPerSecond;

constexpr size_t kAddressesPerDay = 16;

class Scenes {
 public:
  Scenes(const World& world,
         Random random,
         record::Ticks day,
         int number,
         std::vector<Event>* events,
         std::vector<Label>* labels)
      : world_(world),
        maker_(&world, random, events),
        day_(day),
        number_(static_cast<size_t>(number)),
        events_(events),
        labels_(labels) {}

  void AddAll() {
    SpreadDenials();
    KeyReleaseByNewPrincipal();
    DenialsByCaller(world_.vaults[number_ % world_.vaults.size()], 7);
    RedeliveredDenials();
    KeyReleaseFromNewAddress();
    SprayByAddress(Denial::kPermission, 10);
    HsmBackupFromNewAddress();
    ChallengeStorm();
    KeyBackupFromNewAddress(world_.vaults[(number_ + 5) % world_.vaults.size()], 13);
    SprayByAddress(Denial::kNetwork, 14);
    KeyReleaseSpike();
    SecurityDomainBackupFromNewAddress();
    DenialsByCaller(world_.hsms[number_ % world_.hsms.size()], 19);
    KeyBackupFromNewAddress(world_.hsms[(number_ + 3) % world_.hsms.size()], 21);
  }

 private:
  // Within half an hour of it.
  record::Ticks Around(int hour) {
    return day_ + hour * kTicksPerHour + maker_.random().Between(0, 30 * kTicksPerMinute);
  }

  std::string_view NewAddress() {
    size_t index = number_ * kAddressesPerDay + addresses_used_++;
    return world_.attacker_addresses[index % world_.attacker_addresses.size()];
  }

  // A scene's caller: another one for each scene of a day, so that two do not add up.
  size_t SceneUser() {
    return world_.scene_users[(number_ + users_used_++) % world_.scene_users.size()];
  }
  size_t SceneProgram() {
    return world_.scene_programs[(number_ + programs_used_++) % world_.scene_programs.size()];
  }
  const Workload& WorkloadOf(size_t scene) {
    return world_.workloads[(number_ + number_ / 16 + scene) % world_.workloads.size()];
  }

  void Begin(std::string kind, std::string rule, bool should_alert) {
    label_ = Label();
    label_.kind = std::move(kind);
    label_.rule = std::move(rule);
    label_.should_alert = should_alert;
    first_event_ = events_->size();
  }

  // The label says what all events since Begin() have in common.
  void End() {
    auto begin = events_->begin() + static_cast<std::ptrdiff_t>(first_event_);
    auto earlier = [](const Event& a, const Event& b) { return a.time < b.time; };
    label_.first = std::min_element(begin, events_->end(), earlier)->time;
    label_.last = std::max_element(begin, events_->end(), earlier)->time;
    label_.records = events_->size() - first_event_;
    auto common = [&](auto part) {
      bool same = std::all_of(
          begin, events_->end(), [&](const Event& event) { return part(event) == part(*begin); });
      return same ? std::string(part(*begin)) : std::string();
    };
    label_.principal = common([](const Event& event) {
      return event.principal != nullptr ? std::string_view(event.principal->object_id)
                                        : std::string_view();
    });
    label_.address = common([](const Event& event) { return event.address; });
    label_.resource =
        common([](const Event& event) { return std::string_view(event.resource->resource_id); });
    label_.operation = common([](const Event& event) { return event.operation->name; });
    label_.object = common([](const Event& event) { return event.object; });
    labels_->push_back(std::move(label_));
  }

  const Operation& DeniedOperation(size_t resource) const {
    return world_.resources[resource].is_hsm ? operations::kKeySign : operations::kSecretGet;
  }
  std::string_view AnyObject(size_t resource) {
    const Resource& target = world_.resources[resource];
    return maker_.random().Pick(target.is_hsm ? target.keys : target.secrets);
  }

  // 40 refusals of one caller in 4 minutes, five from each of eight addresses.
  void DenialsByCaller(size_t resource, int hour) {
    Begin("repeated_denials_by_caller", "repeated-403", true);
    size_t caller = SceneProgram();
    record::Ticks time = Around(hour);
    std::string_view address;
    for (int i = 0; i < 40; ++i) {
      if (i % 5 == 0)
        address =
            world_
                .attacker_addresses[(number_ * kAddressesPerDay + 8 + static_cast<size_t>(i) / 5) %
                                    world_.attacker_addresses.size()];
      maker_.AddDenial(time,
                       DeniedOperation(resource),
                       resource,
                       caller,
                       address,
                       AnyObject(resource),
                       Denial::kPermission);
      time += maker_.random().Between(3 * kTicksPerSecond, 9 * kTicksPerSecond);
    }
    End();
  }

  // 36 refusals of one address in 6 minutes, over all vaults and 12 callers with three each.
  void SprayByAddress(Denial denial, int hour) {
    Begin(denial == Denial::kNetwork ? "network_denials_by_address" : "repeated_denials_by_address",
          "repeated-403",
          true);
    std::string_view address = NewAddress();
    record::Ticks time = Around(hour);
    for (size_t i = 0; i < 36; ++i) {
      size_t vault = world_.vaults[i % world_.vaults.size()];
      // From the other end than the scenes with a caller of their own.
      size_t caller = world_.scene_users[world_.scene_users.size() - 1 - (number_ + i % 12) % 12];
      maker_.AddDenial(
          time, operations::kSecretGet, vault, caller, address, AnyObject(vault), denial);
      time += maker_.random().Between(5 * kTicksPerSecond, 12 * kTicksPerSecond);
    }
    End();
  }

  void KeyReleaseByNewPrincipal() {
    Begin("key_release_by_new_principal", "key-release", true);
    const Workload& workload = WorkloadOf(5);
    maker_.Add(Around(5),
               operations::kKeyRelease,
               workload.resource,
               SceneProgram(),
               maker_.principal(workload.principal).addresses[0],
               workload.key);
    End();
  }

  void KeyReleaseFromNewAddress() {
    Begin("key_release_from_new_address", "key-release", true);
    const Workload& workload = WorkloadOf(0);
    maker_.Add(Around(9),
               operations::kKeyRelease,
               workload.resource,
               workload.principal,
               NewAddress(),
               workload.key);
    End();
  }

  // 120 releases in 10 minutes by the one who always does, from where it always is.
  void KeyReleaseSpike() {
    Begin("key_release_spike", "key-release", true);
    const Workload& workload = WorkloadOf(3);
    record::Ticks time = Around(16);
    for (int i = 0; i < 120; ++i) {
      maker_.Add(time,
                 operations::kKeyRelease,
                 workload.resource,
                 workload.principal,
                 maker_.principal(workload.principal).addresses[0],
                 workload.key);
      time += maker_.random().Between(2 * kTicksPerSecond, 8 * kTicksPerSecond);
    }
    End();
  }

  void HsmBackupFromNewAddress() {
    Begin("hsm_backup_from_new_address", "backup-new-ip", true);
    size_t hsm = world_.hsms[(number_ + 1) % world_.hsms.size()];
    maker_
        .Add(Around(11),
             operations::kBackupCreate,
             hsm,
             world_.hsm_backup_program,
             NewAddress(),
             "/backup")
        .status = 202;
    End();
  }

  void KeyBackupFromNewAddress(size_t resource, int hour) {
    Begin("key_backup_from_new_address", "backup-new-ip", true);
    maker_.Add(Around(hour),
               operations::kKeyBackup,
               resource,
               world_.key_backup_program,
               NewAddress(),
               world_.resources[resource].keys[0]);
    End();
  }

  void SecurityDomainBackupFromNewAddress() {
    Begin("security_domain_backup_from_new_address", "backup-new-ip", true);
    size_t hsm = world_.hsms[(number_ + 6) % world_.hsms.size()];
    maker_
        .Add(Around(18),
             operations::kSecurityDomainBackup,
             hsm,
             world_.hsm_officer,
             NewAddress(),
             "/securitydomain/download")
        .status = 202;
    End();
  }

  // One refusal an hour: somebody who has not read the mail about the new roles.
  void SpreadDenials() {
    Begin("spread_denials", "repeated-403", false);
    size_t caller = SceneUser();
    size_t vault = maker_.principal(caller).resources[0];
    for (int hour = 0; hour < 24; ++hour) {
      // Not among the arguments: their order is the compiler's affair.
      record::Ticks time = Around(hour);
      maker_.AddDenial(time,
                       operations::kSecretGet,
                       vault,
                       caller,
                       maker_.principal(caller).addresses[1],
                       AnyObject(vault),
                       Denial::kPermission);
    }
    End();
  }

  // A client that asks without a token each time, as all clients do the first time.
  void ChallengeStorm() {
    Begin("authentication_401_storm", "repeated-403", false);
    size_t vault = world_.vaults[(number_ + 9) % world_.vaults.size()];
    std::string_view address = maker_.principal(SceneProgram()).addresses[0];
    record::Ticks time = Around(12);
    for (int i = 0; i < 600; ++i) {
      maker_
          .Add(time,
               operations::kAuthentication,
               vault,
               EventMaker::kNobody,
               address,
               AnyObject(vault))
          .status = 401;
      time += maker_.random().Between(kTicksPerSecond / 5, kTicksPerSecond * 4 / 5);
    }
    End();
  }

  // At-least-once delivery at its worst: three refusals, twelve times each.
  void RedeliveredDenials() {
    Begin("redelivered_denials", "repeated-403", false);
    size_t caller = SceneUser();
    size_t vault = maker_.principal(caller).resources[1];
    record::Ticks time = Around(8);
    for (int i = 0; i < 3; ++i) {
      maker_
          .AddDenial(time,
                     operations::kSecretGet,
                     vault,
                     caller,
                     maker_.principal(caller).addresses[1],
                     AnyObject(vault),
                     Denial::kPermission)
          .deliveries = 12;
      time += 20 * kTicksPerSecond;
    }
    End();
  }

  const World& world_;
  EventMaker maker_;
  record::Ticks day_;
  size_t number_;
  std::vector<Event>* events_;
  std::vector<Label>* labels_;
  Label label_;
  size_t first_event_ = 0;
  size_t addresses_used_ = 0;
  size_t users_used_ = 0;
  size_t programs_used_ = 0;
};

}  // namespace

void AddScenes(const World& world,
               Random random,
               record::Ticks day,
               int number,
               std::vector<Event>* events,
               std::vector<Label>* labels) {
  Scenes(world, random, day, number, events, labels).AddAll();
}

}  // namespace keywatch::generate
