// Typed reading of the fields of one YAML map, collecting every mistake.
//
// A reader remembers which keys it was asked for; Finish() then reports those that nobody asked
// for, so the list of known keys is the code that reads them. A key without a value counts as
// absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/record/time.h"
#include "engine/rule/rule.h"
#include "engine/rule/yaml_node.h"

namespace keywatch::rule {

// What stands there, for a message: the beginning of a scalar as it is written, because what was
// filled in from the environment may be a secret; of others what they are.
std::string Found(const YamlNode& node);

// Node readers: null after reporting a node of another form at its place. `what` names the field.
std::optional<std::string> ReadText(const YamlNode& node,
                                    std::string_view what,
                                    Diagnostics* diagnostics);
std::optional<bool> ReadBool(const YamlNode& node, std::string_view what, Diagnostics* diagnostics);
std::optional<int64_t> ReadInteger(const YamlNode& node,
                                   std::string_view what,
                                   int64_t least,
                                   int64_t most,
                                   Diagnostics* diagnostics);
std::optional<record::Ticks> ReadDuration(const YamlNode& node,
                                          std::string_view what,
                                          Diagnostics* diagnostics);
std::optional<int64_t> ReadSize(const YamlNode& node,
                                std::string_view what,
                                Diagnostics* diagnostics);
// A list of texts; one text alone counts as a list of one.
std::vector<Located<std::string>> ReadTextList(const YamlNode& node,
                                               std::string_view what,
                                               Diagnostics* diagnostics);
// Which of `names` (compared without case) the text is; reports the nearest name otherwise.
std::optional<size_t> ReadName(const YamlNode& node,
                               std::string_view what,
                               const std::vector<std::string>& names,
                               Diagnostics* diagnostics);

// "did you mean X?", or "one of: a, b, c", or "".
std::string NameHint(std::string_view wrong, const std::vector<std::string>& names);

class FieldReader {
 public:
  // `map` may be of any kind: what is not a map is reported here and has no fields. `what` names it
  // in messages ("the rule", "entityMappings"). Both must outlive the reader.
  FieldReader(const YamlNode& map, std::string what, Diagnostics* diagnostics);

  const YamlNode* Find(std::string_view key);
  // Reports a missing key at the map's place.
  const YamlNode* Require(std::string_view key);

  std::optional<std::string> Text(std::string_view key);
  std::optional<bool> Bool(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key, int64_t least, int64_t most);
  std::optional<record::Ticks> Duration(std::string_view key);
  std::optional<int64_t> Size(std::string_view key);
  std::vector<Located<std::string>> TextList(std::string_view key);
  std::optional<size_t> Name(std::string_view key, const std::vector<std::string>& names);

  // Makes keys known without reading them.
  void Accept(std::initializer_list<std::string_view> keys);
  // Reports keys that are not known, as warnings or errors, with the nearest known key.
  void Finish(Severity severity);

  [[nodiscard]] Diagnostics* diagnostics() const { return diagnostics_; }

 private:
  const YamlNode& map_;
  std::string what_;
  Diagnostics* diagnostics_;
  std::vector<std::string> known_;
};

}  // namespace keywatch::rule
