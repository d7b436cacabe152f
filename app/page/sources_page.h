// The sources with their health, how far behind they are, and what could not be seen.
#pragma once

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

Html SourcesPage(const ServiceView& service);

}  // namespace keywatch::app::page
