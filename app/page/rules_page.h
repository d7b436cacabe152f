// The rules with what they hold, what they cost and what they wait for; and one rule alone.
#pragma once

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

Html RulesPage(const ServiceView& service);
// `recent`: its latest alerts.
Html RulePage(const ServiceView& service,
              const pipeline::RuleReport& report,
              const AlertList& recent);

// The part of the evaluation's time that a rule takes, of all rules and the shared scan.
double CostShare(const pipeline::WorkerView& worker, Ticks busy);
// How far a rule's baseline is covered, 0 .. 1.
double LearningShare(const pipeline::RuleReport& report, Ticks newest);

}  // namespace keywatch::app::page
