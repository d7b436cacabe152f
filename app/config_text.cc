#include "app/config_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
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

// Where the value of the first secret key of the line begins, or npos.
size_t SecretValue(std::string_view line) {
  for (size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    size_t end = colon;
    while (end > 0 && (line[end - 1] == '"' || line[end - 1] == '\'' || line[end - 1] == ' '))
      --end;
    size_t begin = end;
    while (begin > 0 && (IsNameCharacter(static_cast<unsigned char>(line[begin - 1])) ||
                         line[begin - 1] == '.' || line[begin - 1] == '-')) {
      --begin;
    }
    if (IsSecretKey(line.substr(begin, end - begin)))
      return colon + 1;
  }
  return std::string_view::npos;
}

// A reference to the environment is no secret, and worth seeing in a message.
void Blank(std::string* text, size_t begin, size_t end) {
  std::string_view rest = std::string_view(*text).substr(begin, end - begin);
  if (rest.find("${") != std::string_view::npos && rest.find(":-") == std::string_view::npos)
    return;
  for (size_t i = begin; i < end; ++i) {
    char c = (*text)[i];
    if (c != ' ' && c != '\r')
      (*text)[i] = '*';
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

bool IsSecretKey(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  if (lower.ends_with("_file") || lower.ends_with(".location"))
    return false;
  constexpr std::array<std::string_view, 9> kWords = {"routing_key",
                                                      "webhook_url",
                                                      "authorization",
                                                      "secret",
                                                      "password",
                                                      "token",
                                                      "key.pem",
                                                      "jaas",
                                                      "oauthbearer.config"};
  return std::any_of(kWords.begin(), kWords.end(), [&lower](std::string_view word) {
    return lower.find(word) != std::string::npos;
  });
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
      Blank(&text, begin + std::min(is_item ? indent + 1 : indent, line.size()), end);
    } else if (value != std::string_view::npos) {
      inside = true;
      key_indent = is_item ? line.find_first_not_of(" -") : indent;
      Blank(&text, begin + value, end);
    }
    begin = end + 1;
  }
  return text;
}

}  // namespace keywatch::app
