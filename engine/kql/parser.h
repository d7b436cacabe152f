// KQL text -> tree.
#pragma once

#include "engine/base/diagnostics.h"
#include "engine/kql/ast.h"

namespace keywatch::kql {

// Parses the whole text. Mistakes, and language features that keywatch does not have (refused by
// name), are added to `diagnostics`, all of them: after a mistake the parser goes on at the next
// pipe or semicolon. Spans index into `source.text`. The tree is complete only if no error was
// added.
Query Parse(const SourceText& source, Diagnostics* diagnostics);

}  // namespace keywatch::kql
