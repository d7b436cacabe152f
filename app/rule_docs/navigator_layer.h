// Which techniques of MITRE ATT&CK the rules look for, as a layer for the ATT&CK Navigator.
//
// Layer format 4.5: github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/
// layerformat.md. A technique's score is the number of rules that name it, its comment their names.
#pragma once

#include <string>
#include <vector>

#include "engine/rule/rule_compiler.h"

namespace keywatch::app {

// JSON ending in a line end; the same rules give the same bytes. Rules that are disabled, and
// techniques that ATT&CK for Enterprise has not, are left out.
std::string NavigatorLayer(const std::vector<rule::CompiledRule>& rules);

}  // namespace keywatch::app
