// Attack stories: what somebody does, step by step, on a day of an estate, and what finds it.
//
// A story is a value; play_story.h makes events of it. Its cast is the estate's (Estate::cast), so
// a story plays in every estate that has the roles it needs.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "app/generate/audit_record.h"

namespace keywatch::generate {

enum class Who : uint8_t {
  kStranger,    // an identity that was never seen
  kAccomplice,  // another one
  kManyOthers,  // for each record another one
  kService,     // of the cast
  kPerson,
  kOfficer,
  kKeyBackup,
  kFullBackup,
  kEnclave,
  kFormer,
  kDeployer
};

enum class Where : uint8_t {
  kVault,        // where the story plays
  kSecondVault,  // the last one, at which the cast does not work
  kHsm,
  kSecondHsm,
  kEachVault,       // record by record
  kEachVaultOften,  // three records each
  kEnclaveHsm       // where the key of the enclave is
};

enum class From : uint8_t {
  kUsual,        // where the caller always is; strangers: one address of Azure
  kForeign,      // one address that was never seen
  kForeignEach,  // for every fifth record another one
};

// `path` is the request's, without the operation's suffix. In it, and in `details`:
//   {key} {secret} {certificate}  name of the place's first one
//   {key*} {secret*} ..           of the next one with each record
//   {released}                    name of the key that is released to the cast's enclave
//   {n} {guid} {self}             number of the record; a new GUID; the caller's object id
struct Step {
  int64_t at_s = 0;  // after the beginning of the story
  Who who = Who::kStranger;
  const Operation* operation = nullptr;
  Where where = Where::kVault;
  From from = From::kForeign;
  std::string_view path = {};
  int count = 1;
  int64_t spacing_s = 10;  // between records; a fifth more or less by lot
  int status = 200;
  Denial denial = Denial::kNone;
  std::string_view agent = {};
  std::string_view description = {};
  std::string_view details = {};
};

// An alert that must come of it.
struct Finding {
  std::string_view rule;  // file name without .yaml
  size_t step = 0;
  int deciding = 0;  // the record of the step that decides, from 1; 0: the last one
};

struct Story {
  std::string_view name;
  std::string_view text;
  int hour = 10;  // UTC
  std::vector<Step> steps;
  std::vector<Finding> findings;
  size_t vaults = 1;          // that the estate must have at least
  bool silences_hsm = false;  // no record of the HSM reaches anybody after the last step
};

const std::vector<Story>& Stories();
const Story* FindStory(std::string_view name);

}  // namespace keywatch::generate
