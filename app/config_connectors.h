// The lists `sources` and `sinks` of the configuration, and what reading any section needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"
#include "engine/base/diagnostics.h"
#include "engine/rule/yaml_fields.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::app {

std::vector<SourceConfig> ReadSources(const rule::YamlNode& list,
                                      const std::string& folder,
                                      Diagnostics* diagnostics);
std::vector<SinkConfig> ReadSinks(const rule::YamlNode& list,
                                  const std::string& folder,
                                  Diagnostics* diagnostics);

// A relative path is taken from `folder`; "" stays "".
std::string ResolvePath(const std::string& folder, const std::string& path);
std::vector<std::string> ReadPaths(rule::FieldReader* reader,
                                   const std::string& folder,
                                   std::string_view key);

// Overwrites a default with what the file says, if it says something.
template <class Value, class Field>
void SetField(const std::optional<Value>& value, Field* field) {
  if (value)
    *field = static_cast<Field>(*value);
}
// A duration of at least a millisecond.
void SetPositive(rule::FieldReader* reader, std::string_view key, Ticks* field);

}  // namespace keywatch::app
