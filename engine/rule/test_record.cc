#include "engine/rule/test_record.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "engine/rule/duration.h"

namespace keywatch::rule {
namespace {

using record::Dynamic;
using record::Ticks;

constexpr int64_t kMaxRepeat = 50'000;
constexpr int64_t kMaxDeliveries = 1'000;

// An unquoted scalar is a number, a bool or null if it reads as one; anything else is text.
Dynamic ScalarValue(const YamlNode& node) {
  if (node.is_plain) {
    const std::string& text = node.scalar;
    if (text == "true" || text == "false")
      return {text == "true"};
    bool is_number =
        !text.empty() && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
    if (is_number) {
      std::optional<Dynamic> number = record::ParseJson(text);
      if (number)
        return *number;
    }
  }
  return {node.scalar};
}

Dynamic ToValue(const YamlNode& node) {
  Dynamic out;
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      break;
    case YamlNode::Kind::kScalar:
      return ScalarValue(node);
    case YamlNode::Kind::kList: {
      Dynamic::Array items;
      for (const YamlNode& item : node.items)
        items.push_back(ToValue(item));
      out.held = std::move(items);
      break;
    }
    case YamlNode::Kind::kMap: {
      Dynamic::Object members;
      for (const YamlEntry& entry : node.entries) {
        members.emplace_back(entry.key, ToValue(entry.value));
      }
      out.held = std::move(members);
      break;
    }
  }
  return out;
}

// Sets what a dotted path names, making the objects on the way; null removes the member.
void SetPath(std::string_view path, Dynamic value, Dynamic::Object* object) {
  size_t dot = path.find('.');
  std::string name(path.substr(0, dot));
  auto member = std::find_if(
      object->begin(), object->end(), [&name](const auto& entry) { return entry.first == name; });
  if (dot == std::string_view::npos && value.is_null()) {
    if (member != object->end())
      object->erase(member);
    return;
  }
  if (member == object->end()) {
    object->emplace_back(std::move(name), Dynamic());
    member = object->end() - 1;
  }
  if (dot == std::string_view::npos) {
    member->second = std::move(value);
    return;
  }
  if (member->second.object() == nullptr)
    member->second.held = Dynamic::Object();
  SetPath(path.substr(dot + 1), std::move(value), &std::get<Dynamic::Object>(member->second.held));
}

void ReplaceAll(std::string_view from, const std::string& to, std::string* text) {
  for (size_t at = text->find(from); at != std::string::npos;
       at = text->find(from, at + to.size())) {
    text->replace(at, from.size(), to);
  }
}

// Puts the number of the repetition where texts say `{n}`.
void NumberTexts(const std::string& number, Dynamic* value) {
  if (auto* text = std::get_if<std::string>(&value->held))
    ReplaceAll("{n}", number, text);
  if (auto* array = std::get_if<Dynamic::Array>(&value->held)) {
    for (Dynamic& item : *array)
      NumberTexts(number, &item);
  }
  if (auto* object = std::get_if<Dynamic::Object>(&value->held)) {
    for (auto& [name, member] : *object)
      NumberTexts(number, &member);
  }
}

void AddDefault(std::string name, Dynamic value, Dynamic::Object* object) {
  bool is_there = std::any_of(
      object->begin(), object->end(), [&name](const auto& member) { return member.first == name; });
  if (!is_there)
    object->emplace_back(std::move(name), std::move(value));
}

std::string RecordJson(Dynamic::Object fields,
                       Ticks time,
                       const std::string& number,
                       std::string correlation_id) {
  AddDefault("time", {record::FormatDatetime(time)}, &fields);
  AddDefault("category", {std::string("AuditEvent")}, &fields);
  AddDefault("correlationId", {std::move(correlation_id)}, &fields);
  Dynamic document{std::move(fields)};
  NumberTexts(number, &document);
  return record::ToJson(document);
}

}  // namespace

std::optional<Ticks> ReadOffset(const YamlNode& node,
                                std::string_view what,
                                Diagnostics* diagnostics) {
  if (node.is_scalar()) {
    std::string_view text = node.scalar;
    bool is_negative = text.starts_with('-');
    if (is_negative || text.starts_with('+'))
      text.remove_prefix(1);
    if (std::optional<Ticks> offset = ParseDuration(text))
      return is_negative ? -*offset : *offset;
  }
  diagnostics->Error(node.span,
                     fmt::format("{}: expected a time from the start such as 0s, 5m or "
                                 "-14d, found {}",
                                 what,
                                 node.is_scalar() ? node.scalar : Describe(node)));
  return std::nullopt;
}

void RecordTemplates::Read(const YamlNode& map) {
  if (!map.is_map()) {
    diagnostics_->Error(map.span,
                        fmt::format("templates: expected a map, found {}", Describe(map)));
  }
  for (const YamlEntry& entry : map.entries) {
    FieldReader reader(entry.value, "a template", diagnostics_);
    Dynamic::Object fields = Build(&reader);
    reader.Finish(Severity::kError);
    templates_.emplace(entry.key, std::move(fields));
  }
}

Dynamic::Object RecordTemplates::Build(FieldReader* reader) {
  Dynamic::Object fields;
  if (const YamlNode* base = reader->Find("template")) {
    auto found = templates_.find(base->scalar);
    if (found == templates_.end()) {
      std::vector<std::string> names;
      for (const auto& [name, unused] : templates_)
        names.push_back(name);
      diagnostics_->Error(base->span,
                          fmt::format("no template above has the name: {}", base->scalar),
                          NameHint(base->scalar, names));
    } else {
      fields = found->second;
    }
  }
  const YamlNode* own = reader->Find("record");
  if (own == nullptr)
    return fields;
  if (!own->is_map()) {
    diagnostics_->Error(own->span,
                        fmt::format("record: expected a map of fields, found {}", Describe(*own)),
                        "raw: takes the JSON text of a record");
  }
  for (const YamlEntry& entry : own->entries)
    SetPath(entry.key, ToValue(entry.value), &fields);
  return fields;
}

void RecordTemplates::Expand(
    const YamlNode& node, Ticks start, size_t test, size_t entry, std::vector<TestRecord>* out) {
  FieldReader reader(node, "a test record", diagnostics_);
  const YamlNode* at = reader.Require("at");
  std::optional<Ticks> offset = at == nullptr ? std::nullopt : ReadOffset(*at, "at", diagnostics_);
  int64_t repeat = reader.Integer("repeat", 1, kMaxRepeat).value_or(1);
  Ticks every = reader.Duration("every").value_or(0);
  int64_t deliveries = reader.Integer("deliver", 1, kMaxDeliveries).value_or(1);
  Ticks late = reader.Duration("late").value_or(0);
  std::optional<std::string> raw = reader.Text("raw");
  Dynamic::Object fields = Build(&reader);
  reader.Finish(Severity::kError);
  if (raw && !fields.empty()) {
    diagnostics_->Error(node.span, "expected raw or template and record, found both");
  } else if (!raw && fields.empty()) {
    diagnostics_->Error(node.span, "a test record: expected a template, a record or raw");
  }
  if (!offset)
    return;
  for (int64_t n = 1; n <= repeat; ++n) {
    if (out->size() + static_cast<size_t>(deliveries) > kMaxTestRecords) {
      diagnostics_->Error(node.span,
                          fmt::format("expected at most {} records in a test", kMaxTestRecords));
      return;
    }
    TestRecord record;
    record.time = start + *offset + (n - 1) * every;
    record.arrival = record.time + late;
    std::string number = std::to_string(n);
    if (raw) {
      record.json = *raw;
      ReplaceAll("{time}", record::FormatDatetime(record.time), &record.json);
      ReplaceAll("{n}", number, &record.json);
    } else {
      record.json = RecordJson(
          fields,
          record.time,
          number,
          fmt::format("00000000-0000-4000-8{:03x}-{:04x}{:08x}", test & 0xFFF, entry & 0xFFFF, n));
    }
    for (int64_t copy = 0; copy < deliveries; ++copy)
      out->push_back(record);
  }
}

}  // namespace keywatch::rule
