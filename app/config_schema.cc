#include "app/config_schema.h"

#include <nlohmann/json.hpp>

namespace keywatch::app {
namespace {

using Json = nlohmann::ordered_json;

// What ParseDuration() and ParseSize() take, units and form; not how large a number may be.
constexpr char kDurationPattern[] =
    R"(^(P(?!$)([0-9]+W)?([0-9]+D)?(T(?!$)([0-9]+H)?([0-9]+M)?([0-9]+S)?)?|([0-9]+\.)?[0-9]+:[0-9]+(:[0-9]+(\.[0-9]+)?)?|[0-9]+(\.[0-9]+)? *[a-z]+ *)$)";
constexpr char kSizePattern[] = "^[0-9]{1,9}(B|KiB|MiB|GiB)$";

Json Object(const ObjectSpec& object);

// `scalar`, or a text with a variable in it.
Json OrVariable(Json scalar) {
  return {{"anyOf", {std::move(scalar), {{"$ref", "#/$defs/variable"}}}}};
}

Json Pattern(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

// A reader takes every scalar as text; `workspace: 7` is the text "7".
Json AnyText() { return {{"type", {"string", "number", "boolean"}}}; }

Json Items(const FieldSpec& field, Json item) {
  Json list = {{"type", "array"}, {"items", item}};
  if (field.least_items > 0)
    list["minItems"] = field.least_items;
  return {{"anyOf", {std::move(list), std::move(item)}}};
}

Json Integer(const FieldSpec& field) {
  Json number = {{"type", "integer"}, {"minimum", field.least}};
  if (field.most != kNoBound)
    number["maximum"] = field.most;
  return number;
}

// What a value may be, by FieldType.
Json Value(const FieldSpec& field) {
  switch (field.type) {
    case FieldType::kText:
      return field.pattern.empty() ? AnyText() : OrVariable(Pattern(field.pattern.c_str()));
    case FieldType::kBool:
      return OrVariable({{"type", "boolean"}});
    case FieldType::kInteger:
      return OrVariable(Integer(field));
    case FieldType::kDuration:
      return OrVariable(Pattern(kDurationPattern));
    case FieldType::kSize:
      return OrVariable(Pattern(kSizePattern));
    case FieldType::kName:
      return OrVariable({{"enum", field.names}});
    case FieldType::kTexts:
      return Items(field, AnyText());
    case FieldType::kNames:
      return Items(field, OrVariable({{"enum", field.names}}));
    case FieldType::kTextMap:
      return {{"type", "object"}, {"additionalProperties", AnyText()}};
    case FieldType::kObject:
      return Object(field.object[0]);
    case FieldType::kObjects:
      return {{"type", "array"}, {"minItems", 1}, {"items", Object(field.object[0])}};
  }
  return {};
}

Json Default(const FieldSpec& field) {
  if (!field.fallback_list.empty())
    return field.fallback_list;
  if (!field.fallback)
    return nullptr;
  if (field.type == FieldType::kBool)
    return *field.fallback == "true";
  if (field.type == FieldType::kInteger)
    return Json::parse(*field.fallback);
  return *field.fallback;
}

Json Property(const FieldSpec& field) {
  Json out = {{"description", field.meaning}};
  out.update(Value(field));
  if (field.secret)
    out["writeOnly"] = true;
  if (Json fallback = Default(field); !fallback.is_null())
    out["default"] = std::move(fallback);
  return out;
}

Json NeedsOneOf(const std::vector<std::string>& keys) {
  Json any = Json::array();
  for (const std::string& key : keys)
    any.push_back({{"required", {key}}});
  return {{"anyOf", any}};
}

void AddGroup(const FieldGroup& group, Json* object) {
  Json& all = (*object)["allOf"];
  switch (group.rule) {
    case FieldGroup::Rule::kOneNeeded:
      all.push_back(NeedsOneOf(group.keys));
      break;
    case FieldGroup::Rule::kAtMostOne:
      all.push_back({{"not", {{"required", group.keys}}}});
      break;
    case FieldGroup::Rule::kTogether:
      for (const std::string& key : group.keys)
        all.push_back({{"dependentRequired", {{key, group.keys}}}});
      break;
  }
}

Json KeysSchema(const ObjectSpec& object) {
  Json out = {{"type", "object"}, {"additionalProperties", false}};
  Json required = Json::array();
  Json properties = Json::object();
  for (const FieldSpec& field : object.fields) {
    properties[field.key] = Property(field);
    if (field.required)
      required.push_back(field.key);
  }
  out["properties"] = std::move(properties);
  if (!required.empty())
    out["required"] = std::move(required);
  for (const FieldGroup& group : object.groups)
    AddGroup(group, &out);
  return out;
}

// `type` decides which other keys there are.
Json Variants(const ObjectSpec& object) {
  Json types = Json::array();
  Json branches = Json::array();
  for (const Variant& variant : object.variants) {
    types.push_back({{"const", variant.type}, {"description", variant.meaning}});
    Json keys = {{"title", variant.type}, {"description", variant.meaning}};
    keys.update(KeysSchema(variant.object));
    keys["properties"]["type"] = {{"const", variant.type}};
    branches.push_back(
        {{"if", {{"properties", {{"type", {{"const", variant.type}}}}}, {"required", {"type"}}}},
         {"then", std::move(keys)}});
  }
  return {{"type", "object"},
          {"required", {"type"}},
          {"properties", {{"type", {{"description", "Which kind."}, {"oneOf", std::move(types)}}}}},
          {"allOf", std::move(branches)}};
}

Json Object(const ObjectSpec& object) {
  return object.variants.empty() ? KeysSchema(object) : Variants(object);
}

}  // namespace

std::string ConfigJsonSchema(const ObjectSpec& config) {
  Json schema = {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "keywatch configuration"},
      {"description",
       "What `keywatch run --config FILE` reads. `keywatch config check FILE` also checks "
       "what a schema cannot."}};
  schema.update(KeysSchema(config));
  schema["$defs"] = {
      {"variable",
       {{"description", "A text with ${NAME} or ${NAME:-default}: an environment variable."},
        {"type", "string"},
        {"pattern", R"(\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\})"}}}};
  return schema.dump(2) + "\n";
}

}  // namespace keywatch::app
