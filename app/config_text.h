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

// Whether a key of this name holds a secret: it speaks of a secret, a password or a token, and not
// of a file that holds one.
bool IsSecretKey(std::string_view key);

// The text with the values of secret keys replaced by `*`, byte for byte, so that spans stay right.
// Works on lines, so that it also covers a file that is no YAML.
std::string BlankSecrets(std::string text);

}  // namespace keywatch::app
