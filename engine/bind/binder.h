// Tree -> typed plan: resolves names, checks types by Kusto's rules, gives every result column its
// name. What `now()` means is left open: the plan is evaluated for any instant T.
#pragma once

#include "engine/base/diagnostics.h"
#include "engine/kql/ast.h"
#include "engine/plan/node.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::bind {

// The plan of the query's result, or null when `diagnostics` got an error. All mistakes are
// reported, not only the first. A name that had an error is not reported again where it is used.
plan::NodePtr Bind(const kql::Query& query,
                   const record::SchemaCatalog& catalog,
                   Diagnostics* diagnostics);

}  // namespace keywatch::bind
