#include "connectors/format/attack_names.h"

#include <algorithm>
#include <array>

namespace keywatch::format {

const Tactic* FindTactic(std::string_view sentinel) {
  static constexpr std::array<Tactic, 16> kTactics = {{
      {"Reconnaissance", "Reconnaissance", "TA0043"},
      {"ResourceDevelopment", "Resource Development", "TA0042"},
      {"InitialAccess", "Initial Access", "TA0001"},
      {"Execution", "Execution", "TA0002"},
      {"Persistence", "Persistence", "TA0003"},
      {"PrivilegeEscalation", "Privilege Escalation", "TA0004"},
      {"DefenseEvasion", "Defense Evasion", "TA0005"},
      {"CredentialAccess", "Credential Access", "TA0006"},
      {"Discovery", "Discovery", "TA0007"},
      {"LateralMovement", "Lateral Movement", "TA0008"},
      {"Collection", "Collection", "TA0009"},
      {"CommandAndControl", "Command and Control", "TA0011"},
      {"Exfiltration", "Exfiltration", "TA0010"},
      {"Impact", "Impact", "TA0040"},
      {"ImpairProcessControl", "Impair Process Control", "TA0106"},
      {"InhibitResponseFunction", "Inhibit Response Function", "TA0107"},
  }};
  const auto* found = std::find_if(kTactics.begin(), kTactics.end(), [&](const Tactic& tactic) {
    return tactic.sentinel == sentinel;
  });
  return found == kTactics.end() ? nullptr : found;
}

}  // namespace keywatch::format
