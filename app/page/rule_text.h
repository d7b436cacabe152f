// What a rule's settings mean, in words.
#pragma once

#include <string>

#include "engine/rule/rule.h"

namespace keywatch::app::page {

// "Fires when the query over the last 1 h, run every 5 min, gives more than 0 rows; .."
std::string TriggerText(const rule::Rule& rule);

}  // namespace keywatch::app::page
