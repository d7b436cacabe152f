#include "engine/record/column_source.h"

#include <array>
#include <utility>

namespace keywatch::record {
namespace {

constexpr std::string_view kProperties = "properties_";
constexpr std::string_view kConstantPrefix = "@const:";
constexpr std::string_view kAddressPrefix = "@ip:";

constexpr std::array<std::pair<std::string_view, ResourcePart>, 7> kResourceParts = {{
    {"@resource.upper", ResourcePart::kUpper},
    {"@resource.lower", ResourcePart::kLower},
    {"@resource.subscription", ResourcePart::kSubscription},
    {"@resource.group", ResourcePart::kGroup},
    {"@resource.provider", ResourcePart::kProvider},
    {"@resource.type", ResourcePart::kType},
    {"@resource.name", ResourcePart::kName},
}};

bool IsWordByte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

// The path itself, then the same name with or without the record's own `properties` level. That
// level itself has no twin: `properties.properties` is not the whole of `properties`.
Result<std::vector<std::string>> PathAndTwin(std::string_view path) {
  for (std::string_view rest = path;;) {
    size_t dot = rest.find('.');
    if (rest.empty() || dot == 0) {
      return InvalidInput("expected a path of names joined by '.', found an empty name in: " +
                          std::string(path));
    }
    if (dot == std::string_view::npos)
      break;
    rest.remove_prefix(dot + 1);
  }
  std::vector<std::string> paths = {FlattenPath(path)};
  const std::string& flat = paths[0];
  if (flat == "properties" || flat == "properties_properties")
    return paths;
  paths.push_back(flat.starts_with(kProperties) ? flat.substr(kProperties.size())
                                                : std::string(kProperties) + flat);
  return paths;
}

}  // namespace

std::string FlattenPath(std::string_view path) {
  std::string flat;
  flat.reserve(path.size());
  for (char c : path) {
    auto byte = static_cast<unsigned char>(c);
    if (!IsWordByte(byte)) {
      if (flat.empty() || flat.back() != '_')
        flat += '_';
    } else {
      flat += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return flat;
}

std::string_view WithoutTypeSuffix(std::string_view column) {
  for (std::string_view suffix : {"_s", "_d", "_b", "_t", "_g"}) {
    if (column.size() > suffix.size() && column.ends_with(suffix)) {
      return column.substr(0, column.size() - suffix.size());
    }
  }
  return column;
}

Result<ColumnSource> ParseColumnSource(std::string_view text) {
  ColumnSource source;
  if (text.empty())
    return source;
  if (text[0] != '@' || text.starts_with(kAddressPrefix)) {
    bool address = text[0] == '@';
    source.kind = address ? SourceKind::kAddress : SourceKind::kPath;
    Result<std::vector<std::string>> paths =
        PathAndTwin(address ? text.substr(kAddressPrefix.size()) : text);
    if (!paths)
      return paths.error();
    source.paths = std::move(paths).value();
    return source;
  }
  if (text == "@event_time") {
    source.kind = SourceKind::kEventTime;
    return source;
  }
  if (text.starts_with(kConstantPrefix)) {
    source.kind = SourceKind::kConstant;
    source.constant = text.substr(kConstantPrefix.size());
    return source;
  }
  for (const auto& [name, part] : kResourceParts) {
    if (name == text) {
      source.kind = SourceKind::kResource;
      source.part = part;
      return source;
    }
  }
  return InvalidInput(
      "expected a path, @event_time, "
      "@resource.{upper,lower,subscription,group,provider,type,name}, "
      "@ip:PATH, @name or @const:TEXT, found: " +
      std::string(text));
}

}  // namespace keywatch::record
