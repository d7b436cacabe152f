// `keywatch config check` and `config schema`.
#pragma once

#include <string>

namespace keywatch::app {

// Exit codes: 3 for a configuration error, 1 with `connect` if a source or sink failed.
int RunConfigCheck(const std::string& path, bool connect);
// JSON Schema on standard output, or with `markdown` docs/configuration.md.
int RunConfigSchema(bool markdown);

}  // namespace keywatch::app
