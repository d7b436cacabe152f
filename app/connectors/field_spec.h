// The keys of the configuration as a value: what the code that reads them declares while it reads
// (fields.h). `config schema` and docs/configuration.md are made from it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace keywatch::app {

inline constexpr int64_t kNoBound = std::numeric_limits<int64_t>::max();

enum class FieldType {
  kText,
  kBool,
  kInteger,
  kDuration,
  kSize,
  kName,     // one of `names`
  kTexts,    // a list of texts, or one text
  kNames,    // a list of `names`
  kTextMap,  // names and texts of the user's own
  kObject,   // a map: `object` has one element
  kObjects,  // a list of at least one such map
};

struct ObjectSpec;

struct FieldSpec {
  std::string key;
  FieldType type = FieldType::kText;
  std::string meaning;  // one or two sentences, for whoever edits the file
  bool required = false;
  bool secret = false;                     // its value, or one in it, must not be shown
  std::optional<std::string> fallback;     // what holds without the key, as it would be written
  std::vector<std::string> fallback_list;  // the same, of lists
  size_t least_items = 0;                  // of kTexts, kNames
  int64_t least = 0;                       // of kInteger
  int64_t most = kNoBound;                 // of kInteger
  std::vector<std::string> names;
  std::string pattern;  // of kText: a regular expression of ECMAScript; "": any text
  std::vector<ObjectSpec> object;
};

// Keys that depend on one another.
struct FieldGroup {
  enum class Rule {
    kOneNeeded,  // one or more of them; with kAtMostOne: exactly one
    kAtMostOne,
    kTogether,  // all or none
  };
  Rule rule = Rule::kOneNeeded;
  std::vector<std::string> keys;
};

struct Variant;

struct ObjectSpec {
  std::vector<FieldSpec> fields;
  std::vector<FieldGroup> groups;
  // Of a map whose `type` decides its keys: one for each type, each with all of its keys but
  // `type`. `fields` is empty then.
  std::vector<Variant> variants;
};

struct Variant {
  std::string type;
  std::string meaning;
  ObjectSpec object;
};

}  // namespace keywatch::app
