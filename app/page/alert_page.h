// The story of one alert: what was found, why the rule fired, on which records, and how it came
// here and went on.
#pragma once

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

Html AlertPage(const ServiceView& service, const AlertEntry& entry);

}  // namespace keywatch::app::page
