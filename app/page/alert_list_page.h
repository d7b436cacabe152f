// The first page: what is going on, and the alerts, newest first, by filter.
#pragma once

#include <string_view>

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

// `problem`: why the list is not what was asked for; "" if it is.
Html AlertListPage(const ServiceView& service, const AlertList& list, std::string_view problem);
// The table alone.
Html AlertTable(const AlertList& list, Ticks now);

}  // namespace keywatch::app::page
