// The records of a rule test: templates, overrides by dotted path, repetition.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/record/dynamic.h"
#include "engine/rule/rule_test_file.h"
#include "engine/rule/yaml_fields.h"

namespace keywatch::rule {

class RecordTemplates {
 public:
  explicit RecordTemplates(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  // Reads `templates:`, in order: a template may build on an earlier one.
  void Read(const YamlNode& map);

  // Appends what one entry of `records:` stands for; `test` and `entry` number it in the file,
  // which makes its correlation ids.
  void Expand(const YamlNode& node,
              record::Ticks start,
              size_t test,
              size_t entry,
              std::vector<TestRecord>* out);

 private:
  // The template that `reader` names, with the entry's own fields laid over it.
  record::Dynamic::Object Build(FieldReader* reader);

  Diagnostics* diagnostics_;
  std::map<std::string, record::Dynamic::Object> templates_;
};

// A time relative to `start`: "5m", "-14d".
std::optional<record::Ticks> ReadOffset(const YamlNode& node,
                                        std::string_view what,
                                        Diagnostics* diagnostics);

}  // namespace keywatch::rule
