#include "app/engine_setup.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace keywatch::app {

Result<record::SchemaCatalog> LoadCatalog(const SchemaConfig& config) {
  record::SchemaCatalog catalog = record::SchemaCatalog::Builtin();
  for (const std::string& path : config.tables) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in)
      return InvalidInput(
          fmt::format("cannot read the table file {}: {}", path, std::strerror(errno)));
    Status added = catalog.AddCsv(std::filesystem::path(path).stem().string(), text.str());
    if (!added.ok())
      return InvalidInput(path + ": " + added.message());
  }
  return catalog;
}

pipeline::EngineSettings EngineSettingsOf(const Config& config) {
  pipeline::EngineSettings settings;
  settings.lateness = config.rules.allowed_lateness;
  settings.hold_while_learning = config.rules.learning == Learning::kHold;
  settings.max_rows_per_rule = static_cast<size_t>(config.state.max_rows_per_rule);
  return settings;
}

}  // namespace keywatch::app
