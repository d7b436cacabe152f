#include "connectors/kafka/client_property.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <set>
#include <sstream>
#include <vector>

#include <fmt/format.h>

namespace keywatch::kafka {
namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

// Names of all properties: the first column of librdkafka's own table of them.
std::set<std::string> PropertyNames() {
  char* text = nullptr;
  size_t size = 0;
  FILE* table = open_memstream(&text, &size);
  if (table == nullptr) {
    return {};
  }
  rd_kafka_conf_properties_show(table);
  (void)fclose(table);
  std::istringstream lines(std::string(text, size));
  free(text);
  std::set<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const size_t bar = line.find('|');
    const size_t end = line.find(' ');
    if (bar != std::string::npos && end != std::string::npos && end < bar) {
      names.insert(line.substr(0, end));
    }
  }
  return names;
}

std::string NearestProperty(std::string_view name) {
  std::string nearest;
  size_t least = 4;
  for (const std::string& other : PropertyNames()) {
    const size_t distance = EditDistance(name, other);
    if (distance < least) {
      least = distance;
      nearest = other;
    }
  }
  return nearest;
}

}  // namespace

bool IsSecretProperty(std::string_view name) {
  for (std::string_view part : {"password", "secret", "key.pem", "oauthbearer.config"}) {
    if (name.find(part) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

Status SetProperty(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  switch (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size())) {
    case RD_KAFKA_CONF_OK:
      return {};
    case RD_KAFKA_CONF_UNKNOWN: {
      const std::string nearest = NearestProperty(name);
      return InvalidInput(fmt::format("unknown Kafka property {}{}",
                                      name,
                                      nearest.empty() ? "" : "; did you mean " + nearest + "?"));
    }
    default:
      return InvalidInput(
          IsSecretProperty(name)
              ? fmt::format("Kafka property {} has a value that is not allowed", name)
              : fmt::format("Kafka property {}: {}", name, text.data()));
  }
}

Status SetProperties(rd_kafka_conf_t* conf,
                     std::span<const Setting> defaults,
                     const ClientSettings& settings,
                     std::span<const Setting> fixed) {
  for (const Setting& setting : defaults) {
    KEYWATCH_RETURN_IF_ERROR(SetProperty(conf, setting.name, setting.value));
  }
  for (const auto& property : settings.properties) {
    const std::string& name = property.first;
    if (std::any_of(fixed.begin(), fixed.end(), [&](const Setting& s) { return s.name == name; })) {
      return InvalidInput(
          fmt::format("Kafka property {} is set by keywatch and cannot be changed", name));
    }
    KEYWATCH_RETURN_IF_ERROR(SetProperty(conf, name, property.second.Reveal()));
  }
  for (const Setting& setting : fixed) {
    KEYWATCH_RETURN_IF_ERROR(SetProperty(conf, setting.name, setting.value));
  }
  return {};
}

Status SetConnection(rd_kafka_conf_t* conf, const ClientSettings& settings) {
  KEYWATCH_RETURN_IF_ERROR(SetProperty(conf, "bootstrap.servers", settings.brokers));
  if (settings.tokens == nullptr)
    return {};
  for (const char* name : {"security.protocol", "sasl.mechanism", "sasl.mechanisms"}) {
    if (settings.properties.contains(name)) {
      return InvalidInput(
          fmt::format("Kafka property {} is set by auth: leave one of them out", name));
    }
  }
  KEYWATCH_RETURN_IF_ERROR(SetProperty(conf, "security.protocol", "SASL_SSL"));
  return SetProperty(conf, "sasl.mechanism", "OAUTHBEARER");
}

}  // namespace keywatch::kafka
