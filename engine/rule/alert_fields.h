// The parts of a rule file that shape an alert rather than find one: entityMappings, customDetails,
// alertDetailsOverride. Limits are Sentinel's.
#pragma once

#include <optional>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/rule/rule.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::rule {

std::vector<EntityMapping> ReadEntityMappings(const YamlNode& list, Diagnostics* diagnostics);
std::vector<CustomDetail> ReadCustomDetails(const YamlNode& map, Diagnostics* diagnostics);
AlertOverride ReadAlertOverride(const SourceText& file,
                                const YamlNode& map,
                                Diagnostics* diagnostics);

// Cuts a format into text and `{{Column}}` placeholders: at most three of them, no blanks inside.
TextTemplate ParseTemplate(const SourceText& file,
                           const YamlNode& scalar,
                           size_t most_characters,
                           Diagnostics* diagnostics);

// Whether the text can name a column: a letter or `_`, then letters, digits and `_`; at most 500.
bool IsColumnName(std::string_view text);

}  // namespace keywatch::rule
