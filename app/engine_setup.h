// What the configuration says about evaluation, as the engine takes it. State that one command
// saves and another takes up depends on both having it from here.
#pragma once

#include "app/config.h"
#include "engine/base/status.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::app {

// Built-in tables and those of the configuration.
Result<record::SchemaCatalog> LoadCatalog(const SchemaConfig& config);

pipeline::EngineSettings EngineSettingsOf(const Config& config);

}  // namespace keywatch::app
