// The techniques of MITRE ATT&CK for Enterprise, by id: what a rule says it detects must be there.
//
// From MITRE's STIX bundle enterprise-attack-18.1.json (attack.mitre.org): every attack-pattern
// that is neither revoked nor deprecated.
#pragma once

#include <string_view>
#include <vector>

namespace keywatch::rule {

inline constexpr std::string_view kAttackVersion = "18.1";

// "T1078", "T1078.004", in order.
const std::vector<std::string_view>& AttackTechniques();
bool IsAttackTechnique(std::string_view id);

}  // namespace keywatch::rule
