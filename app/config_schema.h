// The keys of the configuration as JSON Schema, for editors, and as docs/configuration.md.
#pragma once

#include <string>

#include "app/connectors/field_spec.h"

namespace keywatch::app {

// JSON Schema, draft 2020-12, ending in a line end. A text may stand for any number, bool, duration
// or name if it holds a `${VARIABLE}`. It refuses what ParseConfig() would refuse of a file's form;
// it is stricter in this: names are taken in the spelling that it lists only, numbers and bools
// without quotes only, and a key without a value counts as a mistake.
std::string ConfigJsonSchema(const ObjectSpec& config);

// The tables of docs/configuration.md.
std::string ConfigReference(const ObjectSpec& config);

}  // namespace keywatch::app
