#include "app/generate/routine.h"

#include "app/generate/event_maker.h"
#include "app/generate/operations.h"

namespace keywatch::generate {

namespace {

using record::kTicksPerHour;
using record::kTicksPerMinute;
using record::kTicksPerSecond;

void AddHsmBackups(EventMaker* maker, record::Ticks day) {
  size_t program = maker->world().hsm_backup_program;
  std::string_view address = maker->principal(program).addresses[0];
  record::Ticks time = day + kTicksPerHour;
  for (size_t hsm : maker->world().hsms) {
    time += maker->random().Between(kTicksPerMinute, 3 * kTicksPerMinute);
    maker->Add(time, operations::kBackupCreate, hsm, program, address, "/backup").status = 202;
    for (int poll = 1; poll <= 3; ++poll) {
      maker->Add(time + poll * 10 * kTicksPerSecond,
                 operations::kBackupStatus,
                 hsm,
                 program,
                 address,
                 "/backup/6f2d1a90");
    }
  }
}

void AddKeyBackups(EventMaker* maker, record::Ticks day) {
  size_t program = maker->world().key_backup_program;
  std::string_view address = maker->principal(program).addresses[0];
  record::Ticks time = day + 2 * kTicksPerHour;
  for (size_t i = 0; i < maker->world().resources.size(); ++i) {
    for (size_t key = 0; key < 3; ++key) {
      time += maker->random().Between(kTicksPerSecond, 20 * kTicksPerSecond);
      maker->Add(
          time, operations::kKeyBackup, i, program, address, maker->world().resources[i].keys[key]);
    }
  }
}

// About every half hour for each workload, from both of its addresses.
void AddKeyReleases(EventMaker* maker, record::Ticks day) {
  for (const Workload& workload : maker->world().workloads) {
    const Principal& program = maker->principal(workload.principal);
    for (int half_hour = 0; half_hour < 48; ++half_hour) {
      record::Ticks time =
          day + half_hour * 30 * kTicksPerMinute + maker->random().Between(0, 20 * kTicksPerMinute);
      maker->Add(time,
                 operations::kKeyRelease,
                 workload.resource,
                 workload.principal,
                 program.addresses[static_cast<size_t>(half_hour % 2)],
                 workload.key);
    }
  }
}

// A caller is refused at most once in two hours, and two refusals are at least one hour apart.
void AddSingleDenials(EventMaker* maker, record::Ticks day) {
  for (int window = 0; window < 12; ++window) {
    for (size_t caller : maker->world().denied) {
      if (!maker->random().PerMille(60))
        continue;
      const Principal& principal = maker->principal(caller);
      size_t resource = principal.resources[maker->random().Below(principal.resources.size())];
      const Resource& target = maker->world().resources[resource];
      record::Ticks time =
          day + window * 2 * kTicksPerHour + maker->random().Between(0, kTicksPerHour);
      maker->AddDenial(time,
                       target.is_hsm ? operations::kKeySign : operations::kSecretGet,
                       resource,
                       caller,
                       principal.addresses[0],
                       maker->random().Pick(target.is_hsm ? target.keys : target.secrets),
                       Denial::kPermission);
    }
  }
}

}  // namespace

void AddRoutine(const World& world, Random random, record::Ticks day, std::vector<Event>* events) {
  EventMaker maker(&world, random, events);
  AddHsmBackups(&maker, day);
  AddKeyBackups(&maker, day);
  AddKeyReleases(&maker, day);
  AddSingleDenials(&maker, day);
}

}  // namespace keywatch::generate
