// MITRE ATT&CK tactics as Sentinel's rules write them: "CredentialAccess".
#pragma once

#include <string_view>

namespace keywatch::format {

struct Tactic {
  std::string_view sentinel;  // "CredentialAccess"
  std::string_view name;      // "Credential Access"
  std::string_view id;        // "TA0006"
};

// Null for a tactic that is not of ATT&CK for enterprises or industrial systems.
const Tactic* FindTactic(std::string_view sentinel);

}  // namespace keywatch::format
