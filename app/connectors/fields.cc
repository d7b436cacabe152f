#include "app/connectors/fields.h"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "engine/rule/duration.h"

namespace keywatch::app {

using rule::YamlNode;

std::string ResolvePath(const std::string& folder, const std::string& path) {
  if (path.empty() || path.front() == '/' || folder.empty())
    return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

std::optional<ListenAddress> ReadListenAddress(const YamlNode& node, Diagnostics* diagnostics) {
  const std::string& text = node.scalar;
  size_t colon = text.rfind(':');
  int port = -1;
  if (colon != std::string::npos) {
    const char* end = text.data() + text.size();
    auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc() || parsed.ptr != end)
      port = -1;
  }
  std::string host = text.substr(0, colon == std::string::npos ? 0 : colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    host.clear();
  }
  if (host.empty() || port < 0 || port > 65535) {
    diagnostics->Error(node.span,
                       "listen: expected address:port, found something else",
                       "write 127.0.0.1:9464, 0.0.0.0:9464 or [::1]:9464");
    return std::nullopt;
  }
  return ListenAddress{host, port};
}

ObjectSpec Fields::Describe(const std::function<void(Fields*)>& read) {
  YamlNode nothing;
  nothing.kind = YamlNode::Kind::kMap;
  Diagnostics unheard;
  ObjectSpec spec;
  Fields fields(nothing, "", "", &unheard, &spec);
  read(&fields);
  return spec;
}

Fields::Node Fields::Look(std::string_view key, Need need) {
  return need == Need::kRequired ? reader_.Require(key) : reader_.Find(key);
}

FieldSpec* Fields::Declare(std::string_view key, FieldType type, std::string meaning, Need need) {
  if (spec_ == nullptr)
    return &unused_;
  FieldSpec& field = spec_->fields.emplace_back();
  field.key = key;
  field.type = type;
  field.meaning = std::move(meaning);
  field.required = need == Need::kRequired;
  return &field;
}

Fields::Node Fields::Text(
    std::string_view key, std::string meaning, std::string* out, Need need, std::string pattern) {
  FieldSpec* spec = Declare(key, FieldType::kText, std::move(meaning), need);
  spec->pattern = std::move(pattern);
  if (!out->empty())
    spec->fallback = *out;
  Node node = Look(key, need);
  if (node != nullptr) {
    if (auto text = rule::ReadText(*node, key, diagnostics()))
      *out = std::move(*text);
  }
  return node;
}

Fields::Node Fields::Path(std::string_view key, std::string meaning, std::string* out, Need need) {
  Node node = Text(key, std::move(meaning), out, need);
  *out = ResolvePath(folder_, *out);
  return node;
}

Fields::Node Fields::Bool(std::string_view key, std::string meaning, bool* out) {
  Declare(key, FieldType::kBool, std::move(meaning), Need::kOptional)->fallback =
      *out ? "true" : "false";
  Node node = reader_.Find(key);
  if (node != nullptr)
    *out = rule::ReadBool(*node, key, diagnostics()).value_or(*out);
  return node;
}

Fields::Node Fields::ReadInteger(std::string_view key,
                                 std::string meaning,
                                 int64_t least,
                                 int64_t most,
                                 Need need,
                                 int64_t* out) {
  FieldSpec* spec = Declare(key, FieldType::kInteger, std::move(meaning), need);
  if (need == Need::kOptional)
    spec->fallback = std::to_string(*out);
  spec->least = least;
  spec->most = most;
  Node node = Look(key, need);
  if (node != nullptr)
    *out = rule::ReadInteger(*node, key, least, most, diagnostics()).value_or(*out);
  return node;
}

Fields::Node Fields::Duration(std::string_view key, std::string meaning, Ticks* out) {
  Declare(key, FieldType::kDuration, std::move(meaning), Need::kOptional)->fallback =
      rule::FormatDuration(*out);
  Node node = reader_.Find(key);
  if (node != nullptr)
    *out = rule::ReadDuration(*node, key, diagnostics()).value_or(*out);
  return node;
}

Fields::Node Fields::PositiveDuration(std::string_view key, std::string meaning, Ticks* out) {
  Ticks value = *out;
  Node node = Duration(key, std::move(meaning), &value);
  if (node != nullptr && value < record::kTicksPerMillisecond) {
    diagnostics()->Error(node->span,
                         fmt::format("{}: expected at least 1ms, found {}", key, Found(*node)));
    return node;
  }
  *out = value;
  return node;
}

Fields::Node Fields::Size(std::string_view key, std::string meaning, int64_t* out) {
  Declare(key, FieldType::kSize, std::move(meaning), Need::kOptional)->fallback =
      rule::FormatSize(*out);
  Node node = reader_.Find(key);
  if (node != nullptr)
    *out = rule::ReadSize(*node, key, diagnostics()).value_or(*out);
  return node;
}

Fields::Node Fields::ReadName(std::string_view key,
                              std::string meaning,
                              const std::vector<std::string>& names,
                              bool has_default,
                              size_t* out) {
  FieldSpec* spec = Declare(key, FieldType::kName, std::move(meaning), Need::kOptional);
  spec->names = names;
  if (has_default)
    spec->fallback = names[*out];
  Node node = reader_.Find(key);
  if (node != nullptr)
    *out = rule::ReadName(*node, key, names, diagnostics()).value_or(*out);
  return node;
}

Fields::Node Fields::NameText(std::string_view key,
                              std::string meaning,
                              const std::vector<std::string>& names,
                              std::string* out) {
  size_t which = names.size();
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == *out)
      which = i;
  }
  Node node = ReadName(key, std::move(meaning), names, which < names.size(), &which);
  if (which < names.size())
    *out = names[which];
  return node;
}

Fields::Node Fields::ReadTexts(std::string_view key,
                               std::string meaning,
                               std::vector<std::string>* out,
                               Need need,
                               size_t least_items,
                               const std::string& folder) {
  FieldSpec* spec = Declare(key, FieldType::kTexts, std::move(meaning), need);
  spec->fallback_list = *out;
  spec->least_items = need == Need::kRequired ? 1 : least_items;
  const bool needs_one = spec->least_items > 0;
  Node node = Look(key, need);
  if (node == nullptr)
    return node;
  std::vector<std::string> texts;
  for (auto& text : rule::ReadTextList(*node, key, diagnostics()))
    texts.push_back(ResolvePath(folder, text.value));
  if (node->is_list() && node->items.empty() && needs_one)
    diagnostics()->Error(node->span, fmt::format("{}: expected at least one, found none", key));
  *out = std::move(texts);
  return node;
}

Fields::Node Fields::Texts(std::string_view key,
                           std::string meaning,
                           std::vector<std::string>* out,
                           Need need,
                           size_t least_items) {
  return ReadTexts(key, std::move(meaning), out, need, least_items, "");
}

Fields::Node Fields::Paths(std::string_view key,
                           std::string meaning,
                           std::vector<std::string>* out,
                           Need need) {
  return ReadTexts(key, std::move(meaning), out, need, 0, folder_);
}

Fields::Node Fields::Names(std::string_view key,
                           std::string meaning,
                           const std::vector<std::string>& names,
                           size_t least_items,
                           std::vector<std::string>* out) {
  FieldSpec* spec = Declare(key, FieldType::kNames, std::move(meaning), Need::kOptional);
  spec->fallback_list = *out;
  spec->least_items = least_items;
  spec->names = names;
  Node node = reader_.Find(key);
  if (node == nullptr)
    return node;
  out->clear();
  if (node->is_map() || (node->is_list() && node->items.size() < least_items)) {
    diagnostics()->Error(node->span,
                         fmt::format("{}: expected a list of {}{}, found {}",
                                     key,
                                     least_items == 0 ? "" : "at least one of ",
                                     fmt::join(names, ", "),
                                     node->is_list() ? "an empty one" : rule::Describe(*node)));
  }
  auto read = [&](const YamlNode& item) {
    if (auto which = rule::ReadName(item, key, names, diagnostics()))
      out->push_back(names[*which]);
  };
  if (node->is_scalar())
    read(*node);
  for (const YamlNode& item : node->items)
    read(item);
  return node;
}

Fields::Node Fields::Listen(std::string_view key, std::string meaning, ListenAddress* out) {
  FieldSpec* spec = Declare(key, FieldType::kText, std::move(meaning), Need::kOptional);
  spec->pattern = R"(^(\[[^\]]+\]|[^:]+):[0-9]{1,5}$)";
  spec->fallback = fmt::format("{}:{}", out->host, out->port);
  Node node = reader_.Find(key);
  if (node != nullptr)
    *out = ReadListenAddress(*node, diagnostics()).value_or(*out);
  return node;
}

Secret Fields::ReadSecretFile(const YamlNode& path) {
  Result<Secret> secret = Secret::FromFile(ResolvePath(folder_, path.scalar));
  if (secret)
    return *secret;
  diagnostics()->Error(path.span, secret.error().message());
  return {};
}

Fields::Node Fields::OneSecret(
    std::string_view key, std::string meaning, Secret* out, Need need, std::string pattern) {
  const std::string file_key = std::string(key) + "_file";
  if (spec_ != nullptr) {
    FieldSpec* spec = Declare(key, FieldType::kText, std::move(meaning), Need::kOptional);
    spec->pattern = std::move(pattern);
    spec->secret = true;
    if (!out->empty())
      spec->fallback = out->Reveal();
    Declare(file_key,
            FieldType::kText,
            fmt::format("File that holds `{}`; read again when it changes.", key),
            Need::kOptional);
    Group(FieldGroup::Rule::kAtMostOne, {std::string(key), file_key});
    if (need == Need::kRequired)
      Group(FieldGroup::Rule::kOneNeeded, {std::string(key), file_key});
  }
  Node text = reader_.Find(key);
  Node file = reader_.Find(file_key);
  if (text != nullptr && file != nullptr) {
    diagnostics()->Error(map_.span,
                         fmt::format("expected one of {0} and {0}_file, found both", key));
  }
  if (text == nullptr && file == nullptr) {
    if (need == Need::kRequired)
      reader_.Require(key);
    return nullptr;
  }
  if (file != nullptr) {
    *out = ReadSecretFile(*file);
    return file;
  }
  *out = Secret(rule::ReadText(*text, key, diagnostics()).value_or(""));
  return text;
}

Fields::Node Fields::FileSecret(std::string_view key, std::string meaning, Secret* out, Need need) {
  Declare(key, FieldType::kText, std::move(meaning), need);
  Node file = Look(key, need);
  if (file != nullptr)
    *out = ReadSecretFile(*file);
  return file;
}

Fields::Node Fields::SecretList(std::string_view key,
                                std::string meaning,
                                std::vector<Secret>* out) {
  Declare(key, FieldType::kTexts, std::move(meaning), Need::kOptional)->secret = true;
  Node node = reader_.Find(key);
  if (node == nullptr)
    return node;
  for (auto& secret : rule::ReadTextList(*node, key, diagnostics())) {
    if (secret.value.empty())
      diagnostics()->Error(secret.span, fmt::format("{}: expected text, found none", key));
    out->emplace_back(std::move(secret.value));
  }
  return node;
}

void Fields::Secrets(std::string_view key,
                     std::string_view files_key,
                     std::string meaning,
                     std::map<std::string, Secret>* out) {
  Declare(key, FieldType::kTextMap, std::move(meaning), Need::kOptional)->secret = true;
  Declare(files_key,
          FieldType::kTextMap,
          fmt::format("As `{}`, each value read from the file that is named, and again when it "
                      "changes: for secrets.",
                      key),
          Need::kOptional);
  if (Node map = reader_.Find(key))
    ReadSecretMap(*map, key, /*from_files=*/false, out);
  if (Node files = reader_.Find(files_key))
    ReadSecretMap(*files, files_key, /*from_files=*/true, out);
}

void Fields::ReadSecretMap(const YamlNode& map,
                           std::string_view what,
                           bool from_files,
                           std::map<std::string, Secret>* out) {
  if (!map.is_map()) {
    diagnostics()->Error(map.span,
                         fmt::format("{}: expected a map, found {}", what, rule::Describe(map)));
  }
  for (const rule::YamlEntry& entry : map.entries) {
    if (!entry.value.is_scalar()) {
      diagnostics()->Error(
          entry.key_span,
          fmt::format(
              "{}: expected text for {}, found {}", what, entry.key, rule::Describe(entry.value)));
      continue;
    }
    Secret secret = from_files ? ReadSecretFile(entry.value) : Secret(entry.value.scalar);
    if (!out->emplace(entry.key, std::move(secret)).second) {
      diagnostics()->Error(entry.key_span,
                           fmt::format("given both as text and as a file: {}", entry.key));
    }
  }
}

Fields::Node Fields::Map(std::string_view key,
                         std::string meaning,
                         Need need,
                         const std::function<void(Fields*)>& read) {
  if (spec_ != nullptr) {
    ObjectSpec inner = Describe(read);
    Declare(key, FieldType::kObject, std::move(meaning), need)->object.push_back(std::move(inner));
  }
  Node node = Look(key, need);
  if (node != nullptr) {
    Fields fields(*node, std::string(key), folder_, diagnostics());
    read(&fields);
  }
  return node;
}

Fields::Node Fields::List(std::string_view key,
                          std::string meaning,
                          const std::string& what,
                          const std::function<void(Fields*)>& read) {
  if (spec_ != nullptr) {
    ObjectSpec inner = Describe(read);
    Declare(key, FieldType::kObjects, std::move(meaning), Need::kRequired)
        ->object.push_back(std::move(inner));
  }
  Node list = reader_.Require(key);
  if (list == nullptr)
    return nullptr;
  if (!list->is_list() || list->items.empty()) {
    diagnostics()->Error(list->span,
                         fmt::format("{}: expected a list of at least one {}, found {}",
                                     key,
                                     what.substr(what.find(' ') + 1),
                                     list->is_list() ? "an empty one" : rule::Describe(*list)));
  }
  for (const YamlNode& item : list->items) {
    Fields fields(item, what, folder_, diagnostics());
    read(&fields);
  }
  return list;
}

void Fields::ByType(const std::vector<TypeName>& types,
                    const std::function<void(size_t which, Fields*)>& read) {
  if (spec_ != nullptr) {
    for (size_t i = 0; i < types.size(); ++i) {
      ObjectSpec keys = Describe([&](Fields* fields) { read(i, fields); });
      spec_->variants.push_back({types[i].name, types[i].meaning, std::move(keys)});
    }
    return;
  }
  Node type = reader_.Require("type");
  if (type == nullptr)
    return;
  std::vector<std::string> names;
  for (const TypeName& one : types)
    names.push_back(one.name);
  if (auto which = rule::ReadName(*type, "type", names, diagnostics()))
    read(*which, this);
}

void Fields::Group(FieldGroup::Rule rule, std::vector<std::string> keys) {
  if (spec_ != nullptr)
    spec_->groups.push_back({rule, std::move(keys)});
}

}  // namespace keywatch::app
