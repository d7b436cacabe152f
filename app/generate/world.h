// Who and what appears in generated traffic: people, programs, vaults, Managed HSMs, keys,
// addresses.
//
// Made once from a seed; everything else points into it. Names are from the domains and address
// ranges set aside for examples and tests (RFC 2606, 5737, 2544, 3849), so that no record can be
// mistaken for one of a real tenant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/generate/random.h"

namespace keywatch::generate {

struct Principal {
  std::string object_id;
  std::string app_id;  // of the program that asks; for a service principal its own
  std::string upn;     // "" for a service principal
  std::vector<std::string> addresses;
  std::string agent;
  std::vector<size_t> resources;  // what it works with: indices into World::resources
  // `identity` as it stands in a vault's record, before and after the address; and in an HSM's.
  std::string vault_identity_head;
  std::string vault_identity_tail;
  std::string hsm_identity;
};

struct Resource {
  bool is_hsm = false;
  bool uses_rbac = false;  // vaults: access by roles, else by access policies
  std::string name;        // lower case
  std::string group;       // upper case
  std::string resource_id;
  std::string host;               // https://name.vault.azure.net
  std::vector<std::string> keys;  // "/keys/name/version"
  std::vector<std::string> secrets;
  std::vector<std::string> certificates;
};

// A program that runs in attested enclaves and has one key released to it, day in, day out.
struct Workload {
  size_t principal = 0;
  size_t resource = 0;
  std::string key;
};

struct World {
  std::string tenant_id;
  std::string subscription_id;
  std::vector<Principal> principals;
  std::vector<Resource> resources;
  std::vector<size_t> vaults;  // indices into resources
  std::vector<size_t> hsms;

  // Indices into principals. Users and programs make the everyday traffic; only `denied` are ever
  // refused in it, so that the others can stand in labelled scenes.
  std::vector<size_t> everyday;
  std::vector<size_t> denied;
  std::vector<size_t> scene_users;
  std::vector<size_t> scene_programs;
  std::vector<Workload> workloads;
  size_t hsm_backup_program = 0;
  size_t key_backup_program = 0;
  size_t hsm_officer = 0;
  size_t resource_graph = 0;  // Azure's own inventory: VaultGet all day

  std::vector<std::string> attacker_addresses;  // used by nobody else
};

World MakeWorld(uint64_t seed);

// A GUID in lower case.
std::string MakeGuid(Random* random);
void AppendGuid(uint64_t high, uint64_t low, std::string* out);

}  // namespace keywatch::generate
