// A YAML document as a tree of our own that remembers where everything stands.
//
// The only face of yaml-cpp: what reads files (rules, rule tests, configuration) sees these values.
// Spans are bytes of the SourceText. Anchors are followed, within the bounds below.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/source_text.h"
#include "engine/base/status.h"

namespace keywatch::rule {

inline constexpr size_t kMaxYamlBytes = 1 << 20;
inline constexpr int kMaxYamlDepth = 64;
inline constexpr size_t kMaxYamlNodes = 100'000;  // after anchors are followed

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string scalar;     // its text, of kScalar
  std::string written;    // what the file has instead of `scalar`, if that was filled in
  bool is_plain = false;  // a scalar without quotes or `|`: may mean a number or a bool
  SourceSpan span;        // of a list or map: its first line; of a null: the key it belongs to
  std::vector<YamlNode> items;     // of kList
  std::vector<YamlEntry> entries;  // of kMap, in the order written; keys are unique

  [[nodiscard]] bool is_null() const { return kind == Kind::kNull; }
  [[nodiscard]] bool is_scalar() const { return kind == Kind::kScalar; }
  [[nodiscard]] bool is_list() const { return kind == Kind::kList; }
  [[nodiscard]] bool is_map() const { return kind == Kind::kMap; }
  // The value of `key`, or null; null on anything but a map.
  [[nodiscard]] const YamlNode* Find(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  SourceSpan key_span;
  YamlNode value;
};

// "a list", "a map", "text", "nothing".
const char* Describe(const YamlNode& node);

// Null when the text is no YAML document: `diagnostics` says why and where. A key that stands twice
// is an error too; the first one is kept.
std::optional<YamlNode> ParseYaml(const SourceText& source, Diagnostics* diagnostics);

// The scalar as a text of its own, whose positions are those of the file: exact for a literal block
// (`|`) and for a scalar that stands on one line without escapes; otherwise right for its first
// line.
SourceText ScalarSource(const SourceText& file, const YamlNode& scalar);

// The bytes of a file of at most `most` bytes.
Result<std::string> ReadTextFile(const std::string& path, size_t most = kMaxYamlBytes);

}  // namespace keywatch::rule
