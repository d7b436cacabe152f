#include "app/active_rules.h"

#include <cstdio>

namespace keywatch::app {

ActiveRules LoadActiveRules(const std::vector<std::string>& paths,
                            const record::SchemaCatalog& catalog,
                            const std::vector<std::string>& watchlists) {
  ActiveRules out;
  for (rule::LoadedRule& loaded : rule::LoadAndCompile(paths, catalog, watchlists)) {
    std::fputs(loaded.report.c_str(), stderr);
    if (!loaded.compiled) {
      ++out.rejected;
    } else if (loaded.compiled->rule.enabled) {
      out.active.push_back(std::move(*loaded.compiled));
    }
  }
  return out;
}

}  // namespace keywatch::app
