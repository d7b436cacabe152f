#include "engine/rule/alert_fields.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "engine/base/utf8.h"
#include "engine/rule/entity_catalog.h"
#include "engine/rule/yaml_fields.h"

namespace keywatch::rule {
namespace {

constexpr size_t kMaxMappings = 10;
constexpr size_t kMaxIdentifiers = 3;
constexpr size_t kMaxDetails = 20;
constexpr size_t kMaxDetailName = 20;
constexpr size_t kMaxPlaceholders = 3;
constexpr size_t kMaxTitle = 256;
constexpr size_t kMaxDescription = 5000;

const std::vector<std::string>& DynamicProperties() {
  static const std::vector<std::string> names = {"AlertLink",
                                                 "ConfidenceLevel",
                                                 "ConfidenceScore",
                                                 "ExtendedLinks",
                                                 "ProductComponentName",
                                                 "ProductName",
                                                 "ProviderName",
                                                 "RemediationSteps",
                                                 "SubTechniques",
                                                 "Techniques"};
  return names;
}

bool IsWord(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

std::optional<Located<std::string>> ReadColumn(const YamlNode& node,
                                               std::string_view what,
                                               Diagnostics* diagnostics) {
  std::optional<std::string> name = ReadText(node, what, diagnostics);
  if (!name)
    return std::nullopt;
  if (!IsColumnName(*name)) {
    diagnostics->Error(node.span,
                       fmt::format("{}: expected the name of a column of the query's "
                                   "result, found {}",
                                   what,
                                   name->substr(0, 80)),
                       "letters, digits and _, a letter or _ first");
    return std::nullopt;
  }
  return Located<std::string>{std::move(*name), node.span};
}

std::optional<EntityField> ReadEntityField(const YamlNode& node,
                                           const EntityType* type,
                                           Diagnostics* diagnostics) {
  FieldReader reader(node, "fieldMappings", diagnostics);
  const YamlNode* identifier = reader.Require("identifier");
  const YamlNode* column = reader.Require("columnName");
  reader.Finish(Severity::kWarning);
  if (identifier == nullptr || column == nullptr)
    return std::nullopt;
  std::optional<std::string> name = ReadText(*identifier, "identifier", diagnostics);
  std::optional<Located<std::string>> where = ReadColumn(*column, "columnName", diagnostics);
  if (!name || !where)
    return std::nullopt;
  if (!IsColumnName(*name)) {
    diagnostics->Error(identifier->span,
                       fmt::format("identifier: expected a name, found {}", name->substr(0, 80)));
    return std::nullopt;
  }
  if (type != nullptr) {
    const std::vector<std::string>& known = type->identifiers;
    auto found = std::find(known.begin(), known.end(), *name);
    if (found == known.end()) {
      diagnostics->Warning(identifier->span,
                           fmt::format("entity {} has no known identifier: {}", type->name, *name),
                           NameHint(*name, known));
    }
  }
  return EntityField{std::move(*name), std::move(*where)};
}

std::optional<EntityMapping> ReadEntityMapping(const YamlNode& node, Diagnostics* diagnostics) {
  FieldReader reader(node, "entityMappings", diagnostics);
  const YamlNode* type_node = reader.Require("entityType");
  const YamlNode* fields = reader.Require("fieldMappings");
  reader.Finish(Severity::kWarning);
  if (type_node == nullptr || fields == nullptr)
    return std::nullopt;
  EntityMapping mapping;
  mapping.span = node.span;
  mapping.type = ReadText(*type_node, "entityType", diagnostics).value_or("");
  if (mapping.type.empty())
    return std::nullopt;
  const EntityType* type = FindEntityType(mapping.type);
  if (type == nullptr) {
    std::vector<std::string> known;
    for (const EntityType& entry : EntityTypes())
      known.push_back(entry.name);
    diagnostics->Warning(type_node->span,
                         fmt::format("not a known entity type: {}", mapping.type),
                         NameHint(mapping.type, known));
  }
  if (!fields->is_list() || fields->items.empty() || fields->items.size() > kMaxIdentifiers) {
    diagnostics->Error(
        fields->span,
        fmt::format("fieldMappings: expected a list of 1 to {} identifiers, found {}",
                    kMaxIdentifiers,
                    fields->is_list() ? std::to_string(fields->items.size()) : Describe(*fields)));
  }
  for (const YamlNode& item : fields->items) {
    std::optional<EntityField> field = ReadEntityField(item, type, diagnostics);
    if (field)
      mapping.fields.push_back(std::move(*field));
  }
  return mapping;
}

// Offsets into the file are known while the scalar stands there as it is; else the whole scalar is
// the place.
SourceSpan PartSpan(const SourceText& file, const YamlNode& scalar, size_t begin, size_t length) {
  size_t at = scalar.span.offset;
  if (file.text.compare(at, 1, "\"") == 0 || file.text.compare(at, 1, "'") == 0)
    ++at;
  if (file.text.compare(at, scalar.scalar.size(), scalar.scalar) != 0)
    return scalar.span;
  return {static_cast<uint32_t>(at + begin), static_cast<uint32_t>(length)};
}

}  // namespace

bool IsColumnName(std::string_view text) {
  if (text.empty() || text.size() > 500 || std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), IsWord);
}

TextTemplate ParseTemplate(const SourceText& file,
                           const YamlNode& scalar,
                           size_t most_characters,
                           Diagnostics* diagnostics) {
  TextTemplate out;
  out.span = scalar.span;
  std::string_view text = scalar.scalar;
  if (CountCodePoints(text) > most_characters) {
    diagnostics->Error(
        scalar.span,
        fmt::format(
            "expected at most {} characters, found {}", most_characters, CountCodePoints(text)));
  }
  size_t placeholders = 0;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t open = text.find("{{", begin);
    size_t close = open == std::string_view::npos ? open : text.find("}}", open + 2);
    if (close == std::string_view::npos)
      open = text.size();
    if (open > begin) {
      out.parts.push_back({false, std::string(text.substr(begin, open - begin)), scalar.span});
    }
    if (open == text.size())
      break;
    std::string name(text.substr(open + 2, close - open - 2));
    SourceSpan span = PartSpan(file, scalar, open, close + 2 - open);
    if (!IsColumnName(name)) {
      diagnostics->Error(span,
                         fmt::format("expected {{{{Column}}}} without blanks, found {{{{{}}}}}",
                                     name.substr(0, 80)));
    }
    ++placeholders;
    out.parts.push_back({true, std::move(name), span});
    begin = close + 2;
  }
  if (placeholders > kMaxPlaceholders) {
    diagnostics->Error(scalar.span,
                       fmt::format("expected at most {} {{{{Column}}}} placeholders, "
                                   "found {}",
                                   kMaxPlaceholders,
                                   placeholders));
  }
  return out;
}

std::vector<EntityMapping> ReadEntityMappings(const YamlNode& list, Diagnostics* diagnostics) {
  std::vector<EntityMapping> out;
  if (!list.is_list()) {
    diagnostics->Error(list.span,
                       fmt::format("entityMappings: expected a list, found {}", Describe(list)));
  }
  if (list.items.size() > kMaxMappings) {
    diagnostics->Error(
        list.span,
        fmt::format(
            "entityMappings: expected at most {}, found {}", kMaxMappings, list.items.size()));
  }
  for (const YamlNode& item : list.items) {
    std::optional<EntityMapping> mapping = ReadEntityMapping(item, diagnostics);
    if (mapping)
      out.push_back(std::move(*mapping));
  }
  return out;
}

std::vector<CustomDetail> ReadCustomDetails(const YamlNode& map, Diagnostics* diagnostics) {
  std::vector<CustomDetail> out;
  if (!map.is_map()) {
    diagnostics->Error(map.span,
                       fmt::format("customDetails: expected a map, found {}", Describe(map)));
  }
  if (map.entries.size() > kMaxDetails) {
    diagnostics->Error(
        map.span,
        fmt::format(
            "customDetails: expected at most {}, found {}", kMaxDetails, map.entries.size()));
  }
  for (const YamlEntry& entry : map.entries) {
    bool is_name = IsColumnName(entry.key) && entry.key[0] != '_';
    if (!is_name || entry.key.size() > kMaxDetailName) {
      diagnostics->Error(entry.key_span,
                         fmt::format("customDetails: expected a name of at most {} letters, digits "
                                     "and _, a letter first, found {}",
                                     kMaxDetailName,
                                     entry.key.substr(0, 80)));
    }
    std::optional<Located<std::string>> column =
        ReadColumn(entry.value, "customDetails", diagnostics);
    if (column)
      out.push_back({entry.key, std::move(*column)});
  }
  return out;
}

AlertOverride ReadAlertOverride(const SourceText& file,
                                const YamlNode& map,
                                Diagnostics* diagnostics) {
  AlertOverride out;
  FieldReader reader(map, "alertDetailsOverride", diagnostics);
  const YamlNode* title = reader.Find("alertDisplayNameFormat");
  if (title != nullptr && ReadText(*title, "alertDisplayNameFormat", diagnostics)) {
    out.title = ParseTemplate(file, *title, kMaxTitle, diagnostics);
  }
  const YamlNode* description = reader.Find("alertDescriptionFormat");
  if (description != nullptr && ReadText(*description, "alertDescriptionFormat", diagnostics)) {
    out.description = ParseTemplate(file, *description, kMaxDescription, diagnostics);
  }
  if (const YamlNode* column = reader.Find("alertSeverityColumnName")) {
    out.severity_column = ReadColumn(*column, "alertSeverityColumnName", diagnostics);
  }
  if (const YamlNode* column = reader.Find("alertTacticsColumnName")) {
    out.tactics_column = ReadColumn(*column, "alertTacticsColumnName", diagnostics);
  }
  if (const YamlNode* properties = reader.Find("alertDynamicProperties")) {
    if (!properties->is_list()) {
      diagnostics->Error(properties->span,
                         fmt::format("alertDynamicProperties: expected a list, "
                                     "found {}",
                                     Describe(*properties)));
    }
    for (const YamlNode& item : properties->items) {
      FieldReader property(item, "alertDynamicProperties", diagnostics);
      const YamlNode* name = property.Require("alertProperty");
      const YamlNode* value = property.Require("value");
      property.Finish(Severity::kWarning);
      if (name == nullptr || value == nullptr)
        continue;
      std::optional<size_t> which =
          ReadName(*name, "alertProperty", DynamicProperties(), diagnostics);
      std::optional<Located<std::string>> column = ReadColumn(*value, "value", diagnostics);
      if (which && column)
        out.properties.emplace_back(DynamicProperties()[*which], *column);
    }
  }
  reader.Finish(Severity::kWarning);
  return out;
}

}  // namespace keywatch::rule
