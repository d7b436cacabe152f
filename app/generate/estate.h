// An estate: whose vaults and Managed HSMs they are, who works with them, when and from where.
//
// Each estate is a value that the one generator reads (estate_world.h makes its principals,
// estate_day.h its days). The numbers are of one member of a role; nothing in them is an attack.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/generate/audit_record.h"

namespace keywatch::generate {

enum class Rhythm : uint8_t {
  kEvenly,   // round the clock, every day
  kDaytime,  // with the hours of the day; a third of it on Saturdays and Sundays
  kOffice,   // 7 to 17 h UTC, Monday to Friday
  kJob       // at its hour on its weekdays, one request after the other
};

enum class Objects : uint8_t { kKeys, kSecrets, kCertificates, kPath };

// Bits of Activity::weekdays; Monday is the lowest.
inline constexpr uint8_t kEveryDay = 0x7f;
inline constexpr uint8_t kWorkdays = 0x1f;
inline constexpr uint8_t kTuesday = 0x02;
inline constexpr uint8_t kWednesday = 0x04;
inline constexpr uint8_t kSaturday = 0x20;
inline constexpr uint8_t kSunday = 0x40;

// What the members of a role ask for, again and again.
struct Activity {
  const Operation* operation = nullptr;
  Objects objects = Objects::kKeys;
  // Each member works with `own` objects of a place, its own ones; 0: all of them.
  uint32_t own = 1;
  Rhythm rhythm = Rhythm::kDaytime;
  uint32_t per_week = 0;         // requests of a member in a full week; jobs: unused
  std::string_view path = {};    // for kPath
  uint8_t weekdays = kEveryDay;  // jobs: on which
  int weeks = 1;                 // jobs: 2: every second one
  int hour = 0;                  // jobs: UTC
  int spacing_s = 20;            // jobs: between requests, at most
  int status = 200;
  std::string_view description = {};  // resultDescription, or ""
  bool versioned = true;              // the path of an object has its version
};

enum class Network : uint8_t {
  kPerson,   // office, and one day in seven at home
  kPrivate,  // two private endpoints
  kPods,     // a subnet of containers: other addresses every day
  kIpv6,     // one prefix, another interface every day
  kPublic    // one public address
};

struct Role {
  std::string_view name = {};
  bool is_person = false;
  uint32_t members = 1;
  Network network = Network::kPrivate;
  // Places it works at: `places` each of the vaults and HSMs with the tag; 0: all of them.
  std::string_view tag = {};
  uint32_t places = 0;
  std::vector<Activity> activities = {};
  uint32_t challenges_per_mille = 50;  // 401 before a request: a client without a token
  uint32_t missing_per_mille = 2;      // 404
  uint32_t throttled_per_mille = 0;    // 429
  uint32_t refused_per_mille = 0;      // 403
  bool has_left = false;               // not seen any more since nine days before the first day
};

struct ResourceGroup {
  std::string_view tag = {};  // several groups may share one
  bool is_hsm = false;
  uint32_t count = 1;
  uint32_t keys = 12;
  uint32_t secrets = 20;
  uint32_t certificates = 4;
};

// Programs that come new: each has a vault of its own made by the deployer, or a key at an HSM, is
// refused until its role has reached the vault, and then works as `service` says.
struct Deployments {
  uint32_t per_week = 0;
  std::string_view deployer = {};  // name of a role
  std::string_view hsm_tag = {};   // "": vaults only
  Role service = {};               // tag and places are not read
};

// Names of the roles that take part in stories; "": the estate has none.
struct Cast {
  std::string_view service = {};      // a program with secrets
  std::string_view person = {};       // somebody who looks into vaults
  std::string_view officer = {};      // somebody who is at home at the HSM
  std::string_view key_backup = {};   // the job that backs keys up
  std::string_view full_backup = {};  // the job that backs HSMs up
  std::string_view enclave = {};      // a program to which a key is released
  std::string_view former = {};       // somebody who has left
  std::string_view vault_tag = {};    // where the stories play
  std::string_view hsm_tag = {};
};

struct Estate {
  std::string_view name = {};
  std::string_view what = {};
  std::vector<ResourceGroup> resources;
  std::vector<Role> roles;
  Deployments deployments;
  Cast cast;
};

// small, bank, saas.
const std::vector<Estate>& Estates();
const Estate* FindEstate(std::string_view name);

}  // namespace keywatch::generate
