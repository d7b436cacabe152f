#include "app/config_text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

bool IsNameCharacter(unsigned char c) { return std::isalnum(c) != 0 || c == '_'; }

bool IsVariableName(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

// The value of what stands between `${` and `}`; reports a variable that is not set.
std::string Lookup(std::string_view inside,
                   const EnvironmentLookup& environment,
                   SourceSpan span,
                   Diagnostics* diagnostics) {
  size_t colon = inside.find(":-");
  std::string_view name = inside.substr(0, colon);
  if (!IsVariableName(name)) {
    diagnostics->Error(span, "expected ${NAME} or ${NAME:-default}", "$$ is a dollar sign");
    return "";
  }
  std::optional<std::string> value = environment(name);
  if (colon != std::string_view::npos) {
    return value && !value->empty() ? *value : std::string(inside.substr(colon + 2));
  }
  if (!value) {
    diagnostics->Error(span,
                       fmt::format("the environment variable is not set: {}", name),
                       fmt::format("set it, or write ${{{}:-default}}", name));
  }
  return value.value_or("");
}

void FillInScalar(const EnvironmentLookup& environment,
                  rule::YamlNode* node,
                  Diagnostics* diagnostics) {
  std::string_view text = node->scalar;
  if (text.find('$') == std::string_view::npos)
    return;
  std::string out;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t dollar = text.find('$', begin);
    out += text.substr(begin, dollar - begin);
    if (dollar == std::string_view::npos)
      break;
    char next = dollar + 1 < text.size() ? text[dollar + 1] : '\0';
    size_t close = next == '{' ? text.find('}', dollar) : std::string_view::npos;
    if (next == '$') {
      out += '$';
      begin = dollar + 2;
    } else if (close != std::string_view::npos) {
      out +=
          Lookup(text.substr(dollar + 2, close - dollar - 2), environment, node->span, diagnostics);
      begin = close + 1;
    } else {
      diagnostics->Error(node->span, "expected ${NAME} after a dollar sign", "$$ is a dollar sign");
      return;
    }
  }
  std::string written = std::exchange(node->scalar, std::move(out));
  node->written = std::move(written);
}

size_t Indentation(std::string_view line) {
  size_t end = line.find_first_not_of(' ');
  return end == std::string_view::npos ? line.size() : end;
}

using Keys = std::set<std::string, std::less<>>;

// The keys that are declared as secrets (or not) somewhere.
void AddKeys(const ObjectSpec& object, bool secret, Keys* keys) {
  for (const FieldSpec& field : object.fields) {
    if (field.secret == secret)
      keys->insert(field.key);
    for (const ObjectSpec& inner : field.object)
      AddKeys(inner, secret, keys);
  }
  for (const Variant& variant : object.variants)
    AddKeys(variant.object, secret, keys);
}

// Declared, and nowhere as a secret.
bool IsPlainKey(std::string_view key) {
  static const auto* plain = [] {
    const ObjectSpec config = DescribeConfig();
    auto* keys = new Keys{"type"};
    AddKeys(config, /*secret=*/false, keys);
    Keys secrets;
    AddKeys(config, /*secret=*/true, &secrets);
    for (const std::string& secret : secrets)
      keys->erase(secret);
    return keys;
  }();
  return plain->contains(key);
}

// A colon behind a key: in front of a blank or the line's end, or behind a quote.
bool EndsKey(std::string_view line, size_t colon) {
  const bool is_last = colon + 1 == line.size();
  const bool behind_quote = colon > 0 && (line[colon - 1] == '"' || line[colon - 1] == '\'');
  return is_last || behind_quote || line[colon + 1] == ' ' || line[colon + 1] == '\t' ||
         line[colon + 1] == '\r';
}

// Where the value of the first key of the line that may hold a secret begins, or npos.
size_t SecretValue(std::string_view line) {
  for (size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (!EndsKey(line, colon))
      continue;
    size_t end = colon;
    while (end > 0 && (line[end - 1] == '"' || line[end - 1] == '\'' || line[end - 1] == ' '))
      --end;
    size_t begin = end;
    while (begin > 0 && std::string_view(" \t\"'{[,").find(line[begin - 1]) == std::string::npos)
      --begin;
    if (!IsPlainKey(line.substr(begin, end - begin)))
      return colon + 1;
  }
  return std::string_view::npos;
}

// A reference to the environment is no secret, and worth seeing in a message.
size_t EndOfVariable(std::string_view text, size_t begin) {
  const size_t close = text.substr(begin).starts_with("${") ? text.find('}', begin) : 0;
  const bool is_one = close != std::string_view::npos && close > begin + 2 &&
                      IsVariableName(text.substr(begin + 2, close - begin - 2));
  return is_one ? close + 1 : begin;
}

void Blank(std::string* text, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    i = EndOfVariable(*text, i);
    if (i < end && std::string_view(" \r\"'").find((*text)[i]) == std::string_view::npos)
      (*text)[i] = '*';
  }
}

// Behind the name and password, or where there are none.
size_t HostOf(std::string_view text, size_t authority) {
  const size_t end = std::min(text.find_first_of("/?# \"',}]", authority), text.size());
  const size_t at = text.substr(0, end).rfind('@');
  return at == std::string_view::npos || at < authority ? authority : at + 1;
}

// A value that may be a secret. Which host a URL names is none, and worth seeing in a message.
void BlankValue(std::string* text, size_t begin, size_t end) {
  const std::string_view value = std::string_view(*text).substr(0, end);
  const size_t first = std::min(value.find_first_not_of(" \"'", begin), end);
  const std::string_view written = value.substr(first);
  if (!written.starts_with("https://") && !written.starts_with("http://")) {
    Blank(text, begin, end);
    return;
  }
  const size_t authority = first + written.find("://") + 3;
  const size_t host = HostOf(value, authority);
  const size_t path = std::min(value.find_first_of("/?# \"',}]", host), end);
  Blank(text, authority, host);
  Blank(text, path, end);
}

// Names, passwords and queries of URLs, wherever they stand: queries hold signatures.
void BlankUrls(std::string* text) {
  for (size_t at = text->find("://"); at != std::string::npos; at = text->find("://", at + 3)) {
    const size_t authority = at + 3;
    Blank(text, authority, HostOf(*text, authority));
    const size_t end = std::min(text->find_first_of(" \r\n\"',}]", authority), text->size());
    const size_t query = text->find('?', authority);
    if (query < end)
      Blank(text, query + 1, end);
  }
}

}  // namespace

std::optional<std::string> ProcessEnvironment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void FillInVariables(const EnvironmentLookup& environment,
                     rule::YamlNode* node,
                     Diagnostics* diagnostics) {
  if (node->is_scalar())
    FillInScalar(environment, node, diagnostics);
  for (rule::YamlNode& item : node->items)
    FillInVariables(environment, &item, diagnostics);
  for (rule::YamlEntry& entry : node->entries) {
    FillInVariables(environment, &entry.value, diagnostics);
  }
}

std::string BlankSecrets(std::string text) {
  bool inside = false;  // on lines that may continue the value of a secret key
  size_t key_indent = 0;
  size_t begin = 0;
  while (begin < text.size()) {
    size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = std::string_view(text).substr(begin, end - begin);
    size_t indent = Indentation(line);
    bool is_blank = line.find_first_not_of(" \r") == std::string_view::npos;
    bool is_item = indent < line.size() && line[indent] == '-';
    // A list may stand as deep as the key that it belongs to.
    bool goes_on = is_blank || indent > key_indent || (is_item && indent == key_indent);
    inside = inside && goes_on;
    size_t value = SecretValue(line);
    if (inside) {
      BlankValue(&text, begin + std::min(is_item ? indent + 1 : indent, line.size()), end);
    } else if (value != std::string_view::npos) {
      inside = true;
      key_indent = is_item ? line.find_first_not_of(" -") : indent;
      BlankValue(&text, begin + value, end);
    }
    begin = end + 1;
  }
  BlankUrls(&text);
  return text;
}

}  // namespace keywatch::app
