#include "app/connectors/fields.h"

#include <charconv>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {

using rule::FieldReader;
using rule::YamlNode;

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

std::vector<std::string> ConnectorFields::Texts(std::string_view key) {
  std::vector<std::string> out;
  for (auto& text : reader_.TextList(key))
    out.push_back(std::move(text.value));
  return out;
}

void ConnectorFields::ReportNone(std::string_view key) {
  if (reader_.Require(key) != nullptr) {
    diagnostics()->Error(item_.span, fmt::format("{}: expected at least one, found none", key));
  }
}

std::vector<std::string> ConnectorFields::RequireTexts(std::string_view key) {
  std::vector<std::string> out = Texts(key);
  if (out.empty())
    ReportNone(key);
  return out;
}

std::vector<std::string> ConnectorFields::RequirePaths(std::string_view key) {
  std::vector<std::string> out = ReadPaths(&reader_, folder_, key);
  if (out.empty())
    ReportNone(key);
  return out;
}

std::string ConnectorFields::Path(std::string_view key) {
  return ResolvePath(folder_, reader_.Text(key).value_or(""));
}

std::string ConnectorFields::RequirePath(std::string_view key) {
  return ResolvePath(folder_, RequireText(key));
}

std::string ConnectorFields::RequireText(std::string_view key) {
  const YamlNode* node = reader_.Require(key);
  return node == nullptr ? "" : rule::ReadText(*node, key, diagnostics()).value_or("");
}

Secret ConnectorFields::ReadSecretFile(const YamlNode& path) {
  Result<Secret> secret = Secret::FromFile(ResolvePath(folder_, path.scalar));
  if (secret)
    return *secret;
  diagnostics()->Error(path.span, secret.error().message());
  return {};
}

Secret ConnectorFields::OneSecret(std::string_view key) {
  const YamlNode* text = reader_.Find(key);
  const YamlNode* file = reader_.Find(std::string(key) + "_file");
  if (text != nullptr && file != nullptr) {
    diagnostics()->Error(item_.span,
                         fmt::format("expected one of {0} and {0}_file, found both", key));
  }
  if (file != nullptr)
    return ReadSecretFile(*file);
  if (text != nullptr)
    return Secret(rule::ReadText(*text, key, diagnostics()).value_or(""));
  return {};
}

Secret ConnectorFields::RequireSecret(std::string_view key) {
  bool is_given =
      reader_.Find(key) != nullptr || reader_.Find(std::string(key) + "_file") != nullptr;
  if (!is_given)
    reader_.Require(key);
  return OneSecret(key);
}

Secret ConnectorFields::FileSecret(std::string_view key) {
  const YamlNode* file = reader_.Find(key);
  return file == nullptr ? Secret() : ReadSecretFile(*file);
}

std::map<std::string, Secret> ConnectorFields::Secrets(std::string_view key,
                                                       std::string_view files_key) {
  std::map<std::string, Secret> out;
  if (const YamlNode* map = reader_.Find(key))
    ReadSecretMap(*map, key, /*from_files=*/false, &out);
  if (const YamlNode* files = reader_.Find(files_key))
    ReadSecretMap(*files, files_key, /*from_files=*/true, &out);
  return out;
}

void ConnectorFields::ReadSecretMap(const YamlNode& map,
                                    std::string_view what,
                                    bool from_files,
                                    std::map<std::string, Secret>* out) {
  if (!map.is_map()) {
    diagnostics()->Error(map.span,
                         fmt::format("{}: expected a map, found {}", what, Describe(map)));
  }
  for (const rule::YamlEntry& entry : map.entries) {
    if (!entry.value.is_scalar()) {
      diagnostics()->Error(
          entry.key_span,
          fmt::format(
              "{}: expected text for {}, found {}", what, entry.key, Describe(entry.value)));
      continue;
    }
    Secret secret = from_files ? ReadSecretFile(entry.value) : Secret(entry.value.scalar);
    if (!out->emplace(entry.key, std::move(secret)).second) {
      diagnostics()->Error(entry.key_span,
                           fmt::format("given both as text and as a file: {}", entry.key));
    }
  }
}

}  // namespace keywatch::app
