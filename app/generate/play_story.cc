#include "app/generate/play_story.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "app/generate/event_maker.h"
#include "app/generate/world_builder.h"

namespace keywatch::generate {

namespace {

using record::kTicksPerHour;
using record::kTicksPerMillisecond;
using record::kTicksPerMinute;
using record::kTicksPerSecond;

constexpr size_t kStrangers = 40;
constexpr int kRecordsFromOneAddress = 5;
constexpr int kRecordsAtOnePlace = 3;

const Role& StrangerRole() {
  static const Role role = {.name = "stranger", .network = Network::kPublic};
  return role;
}

// "": nobody of the estate.
std::string_view RoleOf(const Estate& estate, Who who) {
  switch (who) {
    case Who::kService:
      return estate.cast.service;
    case Who::kPerson:
      return estate.cast.person;
    case Who::kOfficer:
      return estate.cast.officer;
    case Who::kKeyBackup:
      return estate.cast.key_backup;
    case Who::kFullBackup:
      return estate.cast.full_backup;
    case Who::kEnclave:
      return estate.cast.enclave;
    case Who::kFormer:
      return estate.cast.former;
    case Who::kDeployer:
      return estate.deployments.deployer;
    case Who::kStranger:
    case Who::kAccomplice:
    case Who::kManyOthers:
      break;
  }
  return {};
}

bool IsStranger(Who who) { return who <= Who::kManyOthers; }

std::string_view NameIn(std::string_view object) {  // "/keys/name/version"
  object.remove_prefix(object.find('/', 1) + 1);
  return object.substr(0, object.find('/'));
}

class Player {
 public:
  Player(const EstateWorld& world,
         const StoryCast& cast,
         const Story& story,
         Random random,
         record::Ticks day,
         Texts* texts,
         std::vector<Event>* events)
      : world_(world),
        cast_(cast),
        story_(story),
        maker_(&world.world, random, &played_),
        begin_(day + story.hour * kTicksPerHour + maker_.random().Between(0, 20 * kTicksPerMinute)),
        texts_(texts),
        events_(events),
        vaults_(world.PlacesOf(world.estate->cast.vault_tag)),
        all_vaults_(AllVaults()),
        hsms_(world.PlacesOf(world.estate->cast.hsm_tag)) {}

  void Play(std::vector<Label>* labels) {
    std::vector<std::pair<size_t, size_t>> ranges;
    for (const Step& step : story_.steps) {
      size_t first = played_.size();
      PlayStep(step);
      ranges.emplace_back(first, played_.size());
    }
    if (story_.silences_hsm)
      Silence();
    for (const Finding& finding : story_.findings)
      labels->push_back(LabelOf(finding, ranges[finding.step]));
    events_->insert(events_->end(), played_.begin(), played_.end());
  }

 private:
  Random& random() { return maker_.random(); }

  std::vector<size_t> AllVaults() const {
    std::vector<size_t> places = world_.PlacesOf("");
    std::erase_if(places, [&](size_t i) { return world_.world.resources[i].is_hsm; });
    return places;
  }

  const Member& MemberOf(const Step& step, int number) const {
    if (step.who == Who::kManyOthers)
      return cast_.strangers[2 + static_cast<size_t>(number) % (cast_.strangers.size() - 2)];
    if (IsStranger(step.who))
      return cast_.strangers[step.who == Who::kStranger ? 0 : 1];
    return *world_.FirstOf(RoleOf(*world_.estate, step.who));
  }

  size_t PlaceOf(const Step& step, int number) const {
    switch (step.where) {
      case Where::kVault:
        return vaults_[0];
      case Where::kSecondVault:
        return all_vaults_.back() != vaults_[0] ? all_vaults_.back() : all_vaults_[0];
      case Where::kHsm:
        return hsms_[0];
      case Where::kSecondHsm:
        return hsms_[1];
      case Where::kEachVault:
        return all_vaults_[static_cast<size_t>(number) % all_vaults_.size()];
      case Where::kEachVaultOften:
        return all_vaults_[static_cast<size_t>(number / kRecordsAtOnePlace) % all_vaults_.size()];
      case Where::kEnclaveHsm:
        return world_.FirstOf(world_.estate->cast.enclave)->places[0];
    }
    return vaults_[0];
  }

  std::string_view AddressOf(const Step& step,
                             const Member& member,
                             record::Ticks time,
                             int number) {
    const std::vector<std::string>& foreign = world_.world.attacker_addresses;
    switch (step.from) {
      case From::kUsual:
        return AddressAt(world_, member, time, &random(), texts_);
      case From::kForeign:
        return foreign[0];
      case From::kForeignEach:
        return foreign[1 + static_cast<size_t>(number / kRecordsFromOneAddress)];
    }
    return foreign[0];
  }

  // Replaces what the braces of a template name.
  std::string_view Fill(std::string_view text, const Member& member, size_t place, int number) {
    if (text.find('{') == std::string_view::npos)
      return text;
    std::string filled;
    while (!text.empty()) {
      size_t open = text.find('{');
      filled.append(text.substr(0, open));
      if (open == std::string_view::npos)
        break;
      size_t close = text.find('}', open);
      std::string_view word = text.substr(open + 1, close - open - 1);
      std::optional<std::string> value = ValueOf(word, member, place, number);
      // Braces of JSON stay.
      filled += value ? *value : "{";
      text.remove_prefix(value ? close + 1 : open + 1);
    }
    return texts_->emplace_back(std::move(filled));
  }

  std::optional<std::string> ValueOf(std::string_view word,
                                     const Member& member,
                                     size_t place,
                                     int number) {
    const Resource& resource = world_.world.resources[place];
    if (word == "n")
      return std::to_string(number + 1);
    if (word == "guid")
      return MakeGuid(&random());
    if (word == "self")
      return world_.world.principals[member.principal].object_id;
    if (word == "released") {
      const Member* enclave = world_.FirstOf(world_.estate->cast.enclave);
      return std::string(NameIn(resource.keys[enclave->number % resource.keys.size()]));
    }
    bool next = word.ends_with('*');
    if (next)
      word.remove_suffix(1);
    const std::vector<std::string>* objects = word == "key"           ? &resource.keys
                                              : word == "secret"      ? &resource.secrets
                                              : word == "certificate" ? &resource.certificates
                                                                      : nullptr;
    if (objects == nullptr || objects->empty())
      return std::nullopt;
    size_t which = next ? static_cast<size_t>(number) % objects->size() : 0;
    return std::string(NameIn((*objects)[which]));
  }

  void PlayStep(const Step& step) {
    record::Ticks time = begin_ + step.at_s * kTicksPerSecond;
    for (int i = 0; i < step.count; ++i) {
      const Member& member = MemberOf(step, i);
      size_t place = PlaceOf(step, i);
      std::string_view address = AddressOf(step, member, time, i);
      std::string_view path = Fill(step.path, member, place, i);
      Event& event =
          step.denial == Denial::kNone
              ? maker_.Add(time, *step.operation, place, member.principal, address, path)
              : maker_.AddDenial(
                    time, *step.operation, place, member.principal, address, path, step.denial);
      if (step.denial == Denial::kNone)
        event.status = step.status;
      event.agent = step.agent;
      event.description = Fill(step.description, member, place, i);
      event.details = Fill(step.details, member, place, i);
      int64_t fifth = step.spacing_s * kTicksPerSecond / 5;
      time += step.spacing_s * kTicksPerSecond + random().Between(-fifth, fifth);
    }
  }

  void Silence() {
    record::Ticks from = played_.back().time;
    const Resource* hsm = &world_.world.resources[hsms_[0]];
    std::erase_if(*events_,
                  [&](const Event& event) { return event.resource == hsm && event.time > from; });
  }

  Label LabelOf(const Finding& finding, std::pair<size_t, size_t> range) const {
    auto begin = played_.begin() + static_cast<std::ptrdiff_t>(range.first);
    auto end = finding.deciding == 0 ? played_.begin() + static_cast<std::ptrdiff_t>(range.second)
                                     : begin + finding.deciding;
    auto common = [&](auto part) {
      bool same =
          std::all_of(begin, end, [&](const Event& event) { return part(event) == part(*begin); });
      return same ? std::string(part(*begin)) : std::string();
    };
    Label label;
    label.kind = story_.name;
    label.rule = finding.rule;
    label.principal =
        common([](const Event& event) { return std::string_view(event.principal->object_id); });
    label.address = common([](const Event& event) { return event.address; });
    label.resource =
        common([](const Event& event) { return std::string_view(event.resource->resource_id); });
    label.operation = common([](const Event& event) { return event.operation->name; });
    label.object = common([](const Event& event) { return event.object; });
    label.first = begin->time;
    label.last = std::prev(end)->time;
    label.records = static_cast<uint64_t>(end - begin);
    return label;
  }

  const EstateWorld& world_;
  const StoryCast& cast_;
  const Story& story_;
  std::vector<Event> played_;
  EventMaker maker_;
  record::Ticks begin_;
  Texts* texts_;
  std::vector<Event>* events_;
  std::vector<size_t> vaults_;
  std::vector<size_t> all_vaults_;
  std::vector<size_t> hsms_;
};

}  // namespace

StoryCast MakeStoryCast(uint64_t seed, EstateWorld* world) {
  StoryCast cast;
  WorldBuilder builder(Random(seed).Fork(91).Next());
  for (size_t i = 0; i < kStrangers; ++i) {
    Principal stranger = builder.MakeProgram();
    stranger.addresses = {fmt::format("198.18.240.{}", i + 1)};
    Member member{&StrangerRole(), world->estate->roles.size() + 1, i, 0, {}};
    member.principal = world->world.principals.size();
    world->world.principals.push_back(std::move(stranger));
    cast.strangers.push_back(std::move(member));
  }
  return cast;
}

bool CanPlay(const Estate& estate, const Story& story) {
  size_t hsms = 0;
  size_t vaults = 0;
  for (const ResourceGroup& group : estate.resources) {
    hsms += group.tag == estate.cast.hsm_tag ? group.count : 0;
    vaults += group.is_hsm ? 0 : group.count;
  }
  if (vaults < story.vaults)
    return false;
  return std::all_of(story.steps.begin(), story.steps.end(), [&](const Step& step) {
    return (IsStranger(step.who) || !RoleOf(estate, step.who).empty()) &&
           (step.where != Where::kSecondHsm || hsms > 1) &&
           (step.where != Where::kEnclaveHsm || !estate.cast.enclave.empty());
  });
}

void PlayStory(const EstateWorld& world,
               const StoryCast& cast,
               const Story& story,
               Random random,
               record::Ticks day,
               Texts* texts,
               std::vector<Event>* events,
               std::vector<Label>* labels) {
  Player(world, cast, story, random, day, texts, events).Play(labels);
}

}  // namespace keywatch::generate
