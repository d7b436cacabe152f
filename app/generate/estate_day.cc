#include "app/generate/estate_day.h"

#include <fmt/core.h>

#include "app/generate/daytime.h"
#include "app/generate/event_maker.h"
#include "app/generate/operations.h"

namespace keywatch::generate {

namespace {

using record::kTicksPerDay;
using record::kTicksPerHour;
using record::kTicksPerMillisecond;
using record::kTicksPerMinute;
using record::kTicksPerSecond;

constexpr int kDaysSinceSomebodyLeft = 9;  // more than the 8 days that make a principal dormant
constexpr uint64_t kInventoryPerVault = 2;

class Day {
 public:
  Day(const EstateWorld& world,
      Random random,
      const EstateDay& day,
      Texts* texts,
      std::vector<Event>* events)
      : world_(world),
        maker_(&world.world, random, events),
        day_(day),
        texts_(texts),
        weekday_(WeekdayOf(day.begin)) {}

  void AddAll() {
    for (const Member& member : world_.members) {
      bool gone = day_.number >= day_.history_days - kDaysSinceSomebodyLeft;
      if (!member.role->has_left || !gone)
        AddMember(member, 0);
    }
    for (const Arrival& arrival : world_.arrivals) {
      if (arrival.day < day_.number) {
        AddMember(arrival.member, 0);
      } else if (arrival.day == day_.number) {
        AddArrival(arrival);
      }
    }
    AddInventory();
  }

 private:
  Random& random() { return maker_.random(); }
  const Resource& ResourceAt(size_t place) const { return world_.world.resources[place]; }

  // How many of `week` requests fall on this day; what is left over by lot.
  uint64_t Today(uint64_t week, uint64_t share, uint64_t shares) {
    uint64_t hundredths = week * day_.percent * share;
    uint64_t whole = shares * 100;
    return hundredths / whole + (random().Below(whole) < hundredths % whole ? 1 : 0);
  }

  uint64_t RequestsOf(const Activity& activity) {
    bool weekend = weekday_ >= 5;
    switch (activity.rhythm) {
      case Rhythm::kEvenly:
        return Today(activity.per_week, 1, 7);
      case Rhythm::kDaytime:
        return Today(activity.per_week, weekend ? 1 : 3, 17);
      case Rhythm::kOffice:
        return weekend ? 0 : Today(activity.per_week, 1, 5);
      case Rhythm::kJob:
        return 0;
    }
    return 0;
  }

  record::Ticks TimeOf(Rhythm rhythm) {
    if (rhythm == Rhythm::kEvenly)
      return day_.begin + random().Between(0, kTicksPerDay - 1);
    if (rhythm == Rhythm::kOffice)
      return day_.begin + random().Between(7 * kTicksPerHour, 17 * kTicksPerHour);
    uint64_t at = random().Below(kHoursWeight);
    int hour = 0;
    for (; at >= kHourWeights[hour]; ++hour)
      at -= kHourWeights[hour];
    return day_.begin + hour * kTicksPerHour + random().Between(0, kTicksPerHour - 1);
  }

  static const std::vector<std::string>& ObjectsOf(const Activity& activity,
                                                   const Resource& resource) {
    switch (activity.objects) {
      case Objects::kSecrets:
        return resource.secrets;
      case Objects::kCertificates:
        return resource.certificates;
      case Objects::kKeys:
      case Objects::kPath:
        break;
    }
    return resource.keys;
  }

  // Empty: the place has no such objects.
  std::string_view ObjectAt(const Member& member,
                            const Activity& activity,
                            size_t place,
                            uint64_t which) const {
    if (activity.objects == Objects::kPath)
      return activity.path;
    const std::vector<std::string>& objects = ObjectsOf(activity, ResourceAt(place));
    if (objects.empty())
      return {};
    std::string_view object = objects[(member.number * activity.own + which) % objects.size()];
    return activity.versioned ? object : object.substr(0, object.rfind('/'));
  }

  uint64_t ObjectCount(const Activity& activity, size_t place) const {
    if (activity.objects == Objects::kPath)
      return 1;
    return activity.own != 0 ? activity.own : ObjectsOf(activity, ResourceAt(place)).size();
  }

  // Requests with a rhythm between `from` and the end of the day; jobs only on whole days.
  void AddMember(const Member& member, record::Ticks from) {
    for (const Activity& activity : member.role->activities) {
      if (activity.rhythm == Rhythm::kJob) {
        AddJob(member, activity);
        continue;
      }
      for (uint64_t i = RequestsOf(activity); i > 0; --i) {
        record::Ticks time = TimeOf(activity.rhythm);
        size_t place = random().Pick(member.places);
        uint64_t which = random().Below(std::max<uint64_t>(1, ObjectCount(activity, place)));
        if (time > from)
          AddRequest(member, activity, place, which, time);
      }
    }
  }

  void AddJob(const Member& member, const Activity& activity) {
    if ((activity.weekdays >> weekday_ & 1) == 0)
      return;
    if (activity.weeks > 1 && day_.begin / kTicksPerDay / 7 % activity.weeks != 0)
      return;
    record::Ticks time =
        day_.begin + activity.hour * kTicksPerHour + random().Between(0, 8 * kTicksPerMinute);
    for (size_t place : member.places) {
      for (uint64_t i = 0; i < ObjectCount(activity, place); ++i) {
        time += random().Between(kTicksPerSecond, activity.spacing_s * kTicksPerSecond);
        AddRequest(member, activity, place, i, time);
      }
    }
  }

  void AddRequest(const Member& member,
                  const Activity& activity,
                  size_t place,
                  uint64_t which,
                  record::Ticks time) {
    std::string_view object = ObjectAt(member, activity, place, which);
    if (object.empty() && activity.objects != Objects::kPath)
      return;
    const Role& role = *member.role;
    std::string_view address = AddressAt(world_, member, time, &random(), texts_);
    if (random().PerMille(role.challenges_per_mille)) {
      maker_
          .Add(time - 40 * kTicksPerMillisecond,
               operations::kAuthentication,
               place,
               EventMaker::kNobody,
               address,
               object)
          .status = 401;
    }
    if (random().PerMille(role.refused_per_mille)) {
      maker_.AddDenial(
          time, *activity.operation, place, member.principal, address, object, Denial::kPermission);
      return;
    }
    Event& event = maker_.Add(time, *activity.operation, place, member.principal, address, object);
    event.status = activity.status;
    event.description = activity.description;
    if (activity.versioned && activity.operation->suffix.empty() &&
        activity.objects != Objects::kPath && random().PerMille(role.missing_per_mille)) {
      event.status = 404;
    } else if (random().PerMille(role.throttled_per_mille)) {
      event.status = 429;
    }
  }

  void AddInventory() {
    const Principal& graph = world_.world.principals[world_.world.resource_graph];
    for (size_t place = 0; place < world_.tags.size(); ++place) {
      if (ResourceAt(place).is_hsm || world_.tags[place] == "new")
        continue;
      for (uint64_t i = 0; i < kInventoryPerVault; ++i) {
        maker_.Add(day_.begin + random().Between(0, kTicksPerDay - 1),
                   operations::kVaultGet,
                   place,
                   world_.world.resource_graph,
                   random().Pick(graph.addresses),
                   "");
      }
    }
  }

  std::string_view Text(std::string text) { return texts_->emplace_back(std::move(text)); }

  std::string_view PolicyFor(size_t principal) {
    return Text(fmt::format(
        R"("addedAccessPolicy": {{"ObjectId": "{}", "Permissions": {{"keys": ["get"], "secrets": ["get", "list", "set"]}}}})",
        world_.world.principals[principal].object_id));
  }

  // The deployer makes the vault and what is in it, or gives the role for one key.
  record::Ticks Prepare(const Arrival& arrival, const Member& deployer, record::Ticks time) {
    const Resource& place = ResourceAt(arrival.place);
    std::string_view address = AddressAt(world_, deployer, time, &random(), texts_);
    if (!arrival.makes_vault) {
      std::string_view key = place.keys[arrival.member.number % place.keys.size()];
      std::string guid = MakeGuid(&random());
      maker_
          .Add(time,
               operations::kRoleAssignmentCreate,
               arrival.place,
               deployer.principal,
               address,
               Text(fmt::format("{}/providers/Microsoft.Authorization/roleAssignments/{}",
                                key.substr(0, key.rfind('/')),
                                guid)))
          .status = 201;
      return time;
    }
    Event& made =
        maker_.Add(time, operations::kVaultPut, arrival.place, deployer.principal, address, "");
    made.status = 201;
    made.details = Text(fmt::format(
        R"("properties": {{"tenantId": "{}", "networkAcls": {{"bypass": "AzureServices", "defaultAction": "Deny"}}, )"
        R"("enabledForDeployment": false, "enableSoftDelete": true, "softDeleteRetentionInDays": 90, )"
        R"("enableRbacAuthorization": {}, "enablePurgeProtection": true}})",
        world_.world.tenant_id,
        place.uses_rbac));
    for (size_t grantee : {deployer.principal, arrival.member.principal}) {
      time += random().Between(10 * kTicksPerSecond, 40 * kTicksPerSecond);
      if (!place.uses_rbac) {
        maker_.Add(time, operations::kVaultPatch, arrival.place, deployer.principal, address, "")
            .details = PolicyFor(grantee);
      }
    }
    for (std::string_view secret : place.secrets) {
      time += random().Between(kTicksPerSecond, 3 * kTicksPerSecond);
      maker_.Add(time,
                 operations::kSecretSet,
                 arrival.place,
                 deployer.principal,
                 address,
                 secret.substr(0, secret.rfind('/')));
      // Tools that describe what should be read back what is.
      maker_.Add(time + kTicksPerSecond / 2,
                 operations::kSecretGet,
                 arrival.place,
                 deployer.principal,
                 address,
                 secret);
    }
    return time;
  }

  // It asks again and again until its role has reached the vault.
  void AddArrival(const Arrival& arrival) {
    const Member* deployer = world_.FirstOf(world_.estate->deployments.deployer);
    record::Ticks time = day_.begin + random().Between(8 * kTicksPerHour, 15 * kTicksPerHour);
    time = Prepare(arrival, *deployer, time);
    const Member& member = arrival.member;
    const Resource& place = ResourceAt(arrival.place);
    const Operation& operation = place.is_hsm ? operations::kKeySign : operations::kSecretGet;
    const std::vector<std::string>& objects = place.is_hsm ? place.keys : place.secrets;
    std::string_view first = objects[member.number % objects.size()];
    time += random().Between(20 * kTicksPerSecond, 3 * kTicksPerMinute);
    std::string_view address = AddressAt(world_, member, time, &random(), texts_);
    maker_
        .Add(time, operations::kAuthentication, arrival.place, EventMaker::kNobody, address, first)
        .status = 401;
    for (int64_t wait = random().Between(3, 30); wait > 0; --wait) {
      time += random().Between(8 * kTicksPerSecond, 20 * kTicksPerSecond);
      maker_.AddDenial(
          time, operation, arrival.place, member.principal, address, first, Denial::kPermission);
    }
    time += 10 * kTicksPerSecond;
    maker_.Add(time, operation, arrival.place, member.principal, address, first);
    AddMember(member, time);
  }

  const EstateWorld& world_;
  EventMaker maker_;
  EstateDay day_;
  Texts* texts_;
  int weekday_;
};

}  // namespace

void AddEstateDay(const EstateWorld& world,
                  Random random,
                  const EstateDay& day,
                  Texts* texts,
                  std::vector<Event>* events) {
  Day(world, random, day, texts, events).AddAll();
}

}  // namespace keywatch::generate
