#include "engine/rule/yaml_fields.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/rule/duration.h"

namespace keywatch::rule {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

void Report(const YamlNode& node,
            std::string_view what,
            std::string_view expected,
            Diagnostics* diagnostics,
            std::string hint = "") {
  diagnostics->Error(node.span,
                     fmt::format("{}: expected {}, found {}", what, expected, Found(node)),
                     std::move(hint));
}

}  // namespace

std::string Found(const YamlNode& node) {
  if (!node.is_scalar())
    return Describe(node);
  return (node.written.empty() ? node.scalar : node.written).substr(0, 80);
}

std::string NameHint(std::string_view wrong, const std::vector<std::string>& names) {
  std::string nearest = Nearest(wrong, names);
  if (!nearest.empty())
    return fmt::format("did you mean {}?", nearest);
  if (names.empty() || names.size() > 32)
    return "";
  return fmt::format("one of: {}", fmt::join(names, ", "));
}

std::optional<std::string> ReadText(const YamlNode& node,
                                    std::string_view what,
                                    Diagnostics* diagnostics) {
  if (node.is_scalar())
    return node.scalar;
  Report(node, what, "text", diagnostics);
  return std::nullopt;
}

std::optional<bool> ReadBool(const YamlNode& node,
                             std::string_view what,
                             Diagnostics* diagnostics) {
  if (node.is_scalar() && SameName(node.scalar, "true"))
    return true;
  if (node.is_scalar() && SameName(node.scalar, "false"))
    return false;
  Report(node, what, "true or false", diagnostics);
  return std::nullopt;
}

std::optional<int64_t> ReadInteger(const YamlNode& node,
                                   std::string_view what,
                                   int64_t least,
                                   int64_t most,
                                   Diagnostics* diagnostics) {
  if (node.is_scalar()) {
    const std::string& text = node.scalar;
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    bool is_number = error == std::errc() && end == text.data() + text.size();
    if (is_number && number >= least && number <= most)
      return number;
  }
  Report(node, what, fmt::format("a whole number from {} to {}", least, most), diagnostics);
  return std::nullopt;
}

std::optional<record::Ticks> ReadDuration(const YamlNode& node,
                                          std::string_view what,
                                          Diagnostics* diagnostics) {
  if (node.is_scalar()) {
    if (std::optional<record::Ticks> duration = ParseDuration(node.scalar))
      return duration;
  }
  Report(node, what, "a duration", diagnostics, "write 30s, 5m, 1h, 14d or PT5M");
  return std::nullopt;
}

std::optional<int64_t> ReadSize(const YamlNode& node,
                                std::string_view what,
                                Diagnostics* diagnostics) {
  if (node.is_scalar()) {
    if (std::optional<int64_t> size = ParseSize(node.scalar))
      return size;
  }
  Report(node, what, "a size", diagnostics, "write 512KiB, 64MiB or 2GiB");
  return std::nullopt;
}

std::vector<Located<std::string>> ReadTextList(const YamlNode& node,
                                               std::string_view what,
                                               Diagnostics* diagnostics) {
  std::vector<Located<std::string>> out;
  if (node.is_scalar())
    out.push_back({node.scalar, node.span});
  if (node.is_map())
    Report(node, what, "a list", diagnostics);
  for (const YamlNode& item : node.items) {
    if (std::optional<std::string> text = ReadText(item, what, diagnostics)) {
      out.push_back({std::move(*text), item.span});
    }
  }
  return out;
}

std::optional<size_t> ReadName(const YamlNode& node,
                               std::string_view what,
                               const std::vector<std::string>& names,
                               Diagnostics* diagnostics) {
  for (size_t i = 0; node.is_scalar() && i < names.size(); ++i) {
    if (SameName(node.scalar, names[i]))
      return i;
  }
  Report(
      node,
      what,
      fmt::format("one of {}", fmt::join(names, ", ")),
      diagnostics,
      node.is_scalar() && !Nearest(node.scalar, names).empty() ? NameHint(node.scalar, names) : "");
  return std::nullopt;
}

FieldReader::FieldReader(const YamlNode& map, std::string what, Diagnostics* diagnostics)
    : map_(map), what_(std::move(what)), diagnostics_(diagnostics) {
  if (!map.is_map())
    Report(map, what_, "a map", diagnostics_);
}

const YamlNode* FieldReader::Find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end())
    known_.emplace_back(key);
  const YamlNode* node = map_.Find(key);
  return node == nullptr || node->is_null() ? nullptr : node;
}

const YamlNode* FieldReader::Require(std::string_view key) {
  const YamlNode* node = Find(key);
  if (node != nullptr || !map_.is_map())
    return node;
  if (const YamlNode* empty = map_.Find(key)) {
    diagnostics_->Error(empty->span,
                        fmt::format("{}: expected a value for {}, found nothing", what_, key));
    return nullptr;
  }
  diagnostics_->Error(map_.span,
                      fmt::format("{}: expected the field {}, which is missing", what_, key));
  return nullptr;
}

std::optional<std::string> FieldReader::Text(std::string_view key) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadText(*node, key, diagnostics_);
}

std::optional<bool> FieldReader::Bool(std::string_view key) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadBool(*node, key, diagnostics_);
}

std::optional<int64_t> FieldReader::Integer(std::string_view key, int64_t least, int64_t most) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadInteger(*node, key, least, most, diagnostics_);
}

std::optional<record::Ticks> FieldReader::Duration(std::string_view key) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadDuration(*node, key, diagnostics_);
}

std::optional<int64_t> FieldReader::Size(std::string_view key) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadSize(*node, key, diagnostics_);
}

std::vector<Located<std::string>> FieldReader::TextList(std::string_view key) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::vector<Located<std::string>>()
                         : ReadTextList(*node, key, diagnostics_);
}

std::optional<size_t> FieldReader::Name(std::string_view key,
                                        const std::vector<std::string>& names) {
  const YamlNode* node = Find(key);
  return node == nullptr ? std::nullopt : ReadName(*node, key, names, diagnostics_);
}

void FieldReader::Accept(std::initializer_list<std::string_view> keys) {
  known_.insert(known_.end(), keys.begin(), keys.end());
}

void FieldReader::Finish(Severity severity) {
  for (const YamlEntry& entry : map_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end())
      continue;
    std::string message = fmt::format("{} has no field: {}", what_, entry.key);
    if (severity == Severity::kError) {
      diagnostics_->Error(entry.key_span, message, NameHint(entry.key, known_));
    } else {
      diagnostics_->Warning(entry.key_span, message + " (ignored)", NameHint(entry.key, known_));
    }
  }
}

}  // namespace keywatch::rule
