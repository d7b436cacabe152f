// One AuditEvent and its two spellings: as a vault logs it, and as a Managed HSM does.
//
// A vault: details inside `properties`, identity as an object, durationMs as a string, time with 7
// digits, blanks between members. An HSM: details at top level, identity as a string of JSON,
// durationMs as a number, time with 3 digits, no blanks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/generate/world.h"
#include "engine/record/time.h"

namespace keywatch::generate {

// What a caller can ask for.
struct Operation {
  std::string_view name;         // operationName
  std::string_view suffix;       // of the request's path: "/sign"
  std::string_view policy;       // in an access policy's denial: "keys sign"
  std::string_view data_action;  // in a role's denial, after Microsoft.KeyVault/vaults/
};

enum class Denial { kNone, kPermission, kNetwork };

// Views and pointers are into the World or to constants.
struct Event {
  record::Ticks time = 0;  // of an HSM: whole milliseconds
  const Operation* operation = nullptr;
  const Resource* resource = nullptr;
  const Principal* principal = nullptr;  // null: nobody has shown who they are yet
  std::string_view address;
  std::string_view object;  // "/keys/name/version", "/backup" or ""
  int status = 200;
  Denial denial = Denial::kNone;
  std::string_view agent;        // "": the principal's
  std::string_view description;  // resultDescription; "": of the denial, or none
  std::string_view details;      // JSON members that only this record's properties have, or ""
  uint32_t duration_ms = 0;
  uint64_t correlation[2] = {0, 0};
  int deliveries = 1;
};

class RecordWriter {
 public:
  explicit RecordWriter(const World* world) : world_(world) {}
  // Appends the record's JSON, without a line end.
  void Append(const Event& event, std::string* out);

 private:
  void AppendTime(record::Ticks time, int digits, std::string* out);
  void AppendVault(const Event& event, std::string* out);
  void AppendVaultProperties(const Event& event, std::string* out) const;
  void AppendHsm(const Event& event, std::string* out);
  void AppendDescription(const Event& event, std::string* out) const;
  void AppendUri(const Event& event, std::string* out) const;

  const World* world_;
  record::Ticks second_ = -1;  // that second_text_ shows
  std::string second_text_;
};

}  // namespace keywatch::generate
