// A finding of a rule as the alert that is sent: entities, details and texts filled from the result
// row. Pure.
#pragma once

#include "engine/alert/alert.h"
#include "engine/delta/partition.h"
#include "engine/rule/rule_compiler.h"

namespace keywatch::pipeline {

alert::Alert BuildAlert(const rule::CompiledRule& rule,
                        delta::Finding finding,
                        record::Ticks evaluated);

}  // namespace keywatch::pipeline
