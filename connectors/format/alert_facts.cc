#include "connectors/format/alert_facts.h"

#include <utility>

#include "connectors/format/alert_view.h"

namespace keywatch::format {

Result<AlertFacts> ReadFacts(std::string_view canonical_json) {
  Result<AlertView> view = ReadAlert(canonical_json);
  if (!view)
    return view.error();
  AlertFacts facts{std::move(view->rule_name), std::move(view->tactics), {}};
  for (ResourceName& resource : view->resources)
    facts.resources.push_back(std::move(resource.id));
  return facts;
}

}  // namespace keywatch::format
