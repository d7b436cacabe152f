#include "app/config_connectors.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

using rule::FieldReader;
using rule::YamlNode;

// http:// to this machine needs no permission.
bool IsLoopbackUrl(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.starts_with("[::1]"))
    return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

class ConnectorReader {
 public:
  ConnectorReader(const std::string& folder, Diagnostics* diagnostics)
      : folder_(folder), diagnostics_(diagnostics) {}

  std::vector<SourceConfig> ReadSources(const YamlNode& list) {
    std::vector<SourceConfig> sources;
    if (!list.is_list() || list.items.empty()) {
      diagnostics_->Error(list.span, "sources: expected a list of at least one source");
    }
    std::set<std::string> names;
    for (const YamlNode& item : list.items) {
      FieldReader reader(item, "a source", diagnostics_);
      const std::vector<std::string> types = {"kafka", "file"};
      const YamlNode* type_node = reader.Require("type");
      if (type_node == nullptr)
        continue;
      std::optional<size_t> type = rule::ReadName(*type_node, "type", types, diagnostics_);
      if (!type)
        continue;
      SourceConfig source;
      source.name = ReadName(&reader, item, types[*type], &names);
      if (*type == 0) {
        source.settings = ReadKafka(&reader, item);
      } else {
        source.settings = ReadFileSource(&reader, item);
      }
      reader.Finish(Severity::kError);
      sources.push_back(std::move(source));
    }
    return sources;
  }

  std::vector<SinkConfig> ReadSinks(const YamlNode& list) {
    std::vector<SinkConfig> sinks;
    if (!list.is_list() || list.items.empty()) {
      diagnostics_->Error(list.span,
                          "sinks: expected a list of at least one sink",
                          "- type: console is the smallest");
    }
    std::set<std::string> names;
    for (const YamlNode& item : list.items) {
      FieldReader reader(item, "a sink", diagnostics_);
      const std::vector<std::string> types = {"webhook", "console", "file"};
      const YamlNode* type_node = reader.Require("type");
      if (type_node == nullptr)
        continue;
      std::optional<size_t> type = rule::ReadName(*type_node, "type", types, diagnostics_);
      if (!type)
        continue;
      SinkConfig sink;
      sink.name = ReadName(&reader, item, types[*type], &names);
      if (*type == 0) {
        sink.settings = ReadWebhook(&reader, item);
      } else if (*type == 1) {
        sink.settings = ConsoleSinkSettings();
      } else {
        FileSinkSettings file;
        if (const YamlNode* path = reader.Require("path")) {
          file.path =
              ResolvePath(folder_, rule::ReadText(*path, "path", diagnostics_).value_or(""));
        }
        sink.settings = std::move(file);
      }
      reader.Finish(Severity::kError);
      sinks.push_back(std::move(sink));
    }
    return sinks;
  }

 private:
  // A list that must hold something.
  void RequireSome(FieldReader* reader,
                   std::string_view key,
                   const YamlNode& owner,
                   bool is_empty) {
    if (is_empty && reader->Require(key) != nullptr) {
      diagnostics_->Error(owner.span, fmt::format("{}: expected at least one, found none", key));
    }
  }

  static std::vector<std::string> Texts(FieldReader* reader, std::string_view key) {
    std::vector<std::string> out;
    for (auto& text : reader->TextList(key))
      out.push_back(std::move(text.value));
    return out;
  }

  // Names become metric labels and file names.
  std::string ReadName(FieldReader* reader,
                       const YamlNode& owner,
                       const std::string& fallback,
                       std::set<std::string>* taken) {
    const YamlNode* node = reader->Find("name");
    std::string name = node == nullptr ? fallback : node->scalar;
    SourceSpan span = node == nullptr ? owner.span : node->span;
    bool is_good =
        !name.empty() && name.size() <= 64 &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
    if (!is_good) {
      diagnostics_->Error(span,
                          fmt::format("name: expected a-z, 0-9, _ and -, at most 64, found {}",
                                      name.substr(0, 80)));
    } else if (!taken->insert(name).second) {
      diagnostics_->Error(span,
                          fmt::format("this name is taken already: {}", name),
                          "each needs a name of its own: positions and metrics are kept by it");
    }
    return name;
  }

  KafkaSourceSettings ReadKafka(FieldReader* reader, const YamlNode& owner) {
    KafkaSourceSettings kafka;
    kafka.brokers = Texts(reader, "brokers");
    RequireSome(reader, "brokers", owner, kafka.brokers.empty());
    kafka.topics = Texts(reader, "topics");
    RequireSome(reader, "topics", owner, kafka.topics.empty());
    SetField(reader->Text("group_id"), &kafka.group_id);
    const std::vector<std::string> resets = {"earliest", "latest"};
    if (auto which = reader->Name("auto_offset_reset", resets)) {
      kafka.auto_offset_reset = resets[*which];
    }
    if (const YamlNode* properties = reader->Find("properties")) {
      ReadSecretMap(*properties, "properties", /*from_files=*/false, &kafka.properties);
    }
    if (const YamlNode* files = reader->Find("property_files")) {
      ReadSecretMap(*files, "property_files", /*from_files=*/true, &kafka.properties);
    }
    return kafka;
  }

  // Names and texts, any of which may be a secret.
  void ReadSecretMap(const YamlNode& map,
                     const char* what,
                     bool from_files,
                     std::map<std::string, Secret>* out) {
    if (!map.is_map()) {
      diagnostics_->Error(map.span,
                          fmt::format("{}: expected a map, found {}", what, Describe(map)));
    }
    for (const rule::YamlEntry& entry : map.entries) {
      if (!entry.value.is_scalar()) {
        diagnostics_->Error(
            entry.key_span,
            fmt::format(
                "{}: expected text for {}, found {}", what, entry.key, Describe(entry.value)));
        continue;
      }
      std::string text = entry.value.scalar;
      if (from_files)
        text = ReadSecretFile(entry.value).value_or("");
      if (!out->emplace(entry.key, Secret(std::move(text))).second) {
        diagnostics_->Error(entry.key_span,
                            fmt::format("given both as text and as a file: {}", entry.key));
      }
    }
  }

  FileSourceSettings ReadFileSource(FieldReader* reader, const YamlNode& owner) {
    FileSourceSettings file;
    file.paths = ReadPaths(reader, folder_, "paths");
    RequireSome(reader, "paths", owner, file.paths.empty());
    SetField(reader->Bool("follow"), &file.follow);
    return file;
  }

  // The file's text without white space around it; reports a file that cannot be read or is empty.
  std::optional<std::string> ReadSecretFile(const YamlNode& path) {
    Result<std::string> bytes = rule::ReadTextFile(ResolvePath(folder_, path.scalar));
    if (!bytes) {
      diagnostics_->Error(path.span, bytes.error().message());
      return std::nullopt;
    }
    std::string text = std::move(*bytes);
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) {
      diagnostics_->Error(
          path.span, fmt::format("expected a secret in the file, found none: {}", path.scalar));
      return std::nullopt;
    }
    return text;
  }

  WebhookSinkSettings ReadWebhook(FieldReader* reader, const YamlNode& owner) {
    WebhookSinkSettings webhook;
    SetField(reader->Bool("allow_insecure_http"), &webhook.allow_insecure_http);
    SetPositive(reader, "timeout", &webhook.timeout);
    if (const YamlNode* classes = reader->Find("allow_addresses"))
      ReadClasses(*classes, &webhook);
    if (auto path = reader->Text("ca_file"))
      webhook.ca_file = ResolvePath(folder_, *path);
    SetField(reader->Text("proxy"), &webhook.proxy);
    if (const YamlNode* headers = reader->Find("headers")) {
      ReadSecretMap(*headers, "headers", /*from_files=*/false, &webhook.headers);
    }
    if (const YamlNode* files = reader->Find("header_files")) {
      ReadSecretMap(*files, "header_files", /*from_files=*/true, &webhook.headers);
    }
    ReadUrl(reader, owner, &webhook);
    for (auto& secret : reader->TextList("secrets")) {
      if (secret.value.empty())
        diagnostics_->Error(secret.span, "secrets: expected text, found none");
      webhook.secrets.emplace_back(std::move(secret.value));
    }
    if (const YamlNode* file = reader->Find("secret_file"))
      ReadSecretLines(*file, &webhook.secrets);
    if (webhook.secrets.empty()) {
      diagnostics_->Warning(owner.span,
                            "a webhook without secrets: its messages are not signed",
                            "secret_file: a file with one whsec_.. on each line");
    }
    return webhook;
  }

  void ReadClasses(const YamlNode& list, WebhookSinkSettings* webhook) {
    webhook->allow_loopback = webhook->allow_private = webhook->allow_link_local = false;
    if (!list.is_list()) {
      diagnostics_->Error(list.span, "allow_addresses: expected a list");
    }
    for (const YamlNode& item : list.items) {
      std::optional<size_t> which = rule::ReadName(
          item, "allow_addresses", {"loopback", "private", "link_local"}, diagnostics_);
      if (!which)
        continue;
      bool* const flags[] = {
          &webhook->allow_loopback, &webhook->allow_private, &webhook->allow_link_local};
      *flags[*which] = true;
    }
  }

  // The URL is not repeated in messages: those of chat services are secrets themselves.
  void ReadUrl(FieldReader* reader, const YamlNode& owner, WebhookSinkSettings* webhook) {
    const YamlNode* file = reader->Find("url_file");
    const YamlNode* url = file == nullptr ? reader->Require("url") : reader->Find("url");
    if (file != nullptr && url != nullptr) {
      diagnostics_->Error(owner.span, "expected one of url and url_file, found both");
    }
    if (file != nullptr)
      webhook->url = ReadSecretFile(*file).value_or("https://");
    if (url != nullptr)
      webhook->url = rule::ReadText(*url, "url", diagnostics_).value_or("");
    if (file == nullptr && url == nullptr)
      return;
    SourceSpan span = url != nullptr ? url->span : file->span;
    if (webhook->url.starts_with("http://")) {
      if (!webhook->allow_insecure_http && !IsLoopbackUrl(webhook->url)) {
        diagnostics_->Error(span,
                            "url: expected https://, found http://",
                            "allow_insecure_http: true sends alerts in the clear");
      }
    } else if (!webhook->url.starts_with("https://")) {
      diagnostics_->Error(span, "url: expected https://.., found something else");
    }
  }

  void ReadSecretLines(const YamlNode& file, std::vector<Secret>* secrets) {
    std::optional<std::string> text = ReadSecretFile(file);
    size_t begin = 0;
    while (text && begin < text->size()) {
      size_t end = std::min(text->find('\n', begin), text->size());
      std::string line = text->substr(begin, end - begin);
      line.erase(line.find_last_not_of(" \t\r") + 1);
      if (!line.empty())
        secrets->emplace_back(std::move(line));
      begin = end + 1;
    }
  }

  std::string folder_;
  Diagnostics* diagnostics_;
};

}  // namespace

std::vector<SourceConfig> ReadSources(const YamlNode& list,
                                      const std::string& folder,
                                      Diagnostics* diagnostics) {
  return ConnectorReader(folder, diagnostics).ReadSources(list);
}

std::vector<SinkConfig> ReadSinks(const YamlNode& list,
                                  const std::string& folder,
                                  Diagnostics* diagnostics) {
  return ConnectorReader(folder, diagnostics).ReadSinks(list);
}

std::string ResolvePath(const std::string& folder, const std::string& path) {
  if (path.empty() || path.front() == '/' || folder.empty())
    return path;
  return (std::filesystem::path(folder) / path).lexically_normal().string();
}

std::vector<std::string> ReadPaths(FieldReader* reader,
                                   const std::string& folder,
                                   std::string_view key) {
  std::vector<std::string> out;
  for (const auto& path : reader->TextList(key))
    out.push_back(ResolvePath(folder, path.value));
  return out;
}

void SetPositive(FieldReader* reader, std::string_view key, Ticks* field) {
  const YamlNode* node = reader->Find(key);
  if (node == nullptr)
    return;
  std::optional<Ticks> duration = rule::ReadDuration(*node, key, reader->diagnostics());
  if (!duration)
    return;
  if (*duration < record::kTicksPerMillisecond) {
    reader->diagnostics()->Error(
        node->span, fmt::format("{}: expected at least 1ms, found {}", key, node->scalar));
  }
  *field = *duration;
}

}  // namespace keywatch::app
