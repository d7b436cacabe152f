// What happens to a configuration file's text before its keys are read: variables are filled in,
// and secrets are blanked out of what may be shown.
#pragma once

#include <string>
#include <string_view>

#include "app/config.h"
#include "engine/base/diagnostics.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {

// Fills `${NAME}`, `${NAME:-text}` and `$$` into every scalar of the tree. Values are not looked at
// again, so what the environment holds is only ever text.
void FillInVariables(const EnvironmentLookup& environment,
                     rule::YamlNode* node,
                     Diagnostics* diagnostics);

// The text with `*` for every value that may be a secret, byte for byte, so that spans stay right:
// only values of keys that are declared, and not as secrets, are shown, because an unknown key may
// be a misspelt password. Of a URL that is a secret the host stays; user names and queries go from
// every URL. Works on lines, so that it also covers a file that is no YAML.
std::string BlankSecrets(std::string text);

}  // namespace keywatch::app
