// The sinks with what they are owed and whether they take it.
#pragma once

#include "app/page/html.h"
#include "app/page/model.h"

namespace keywatch::app::page {

Html SinksPage(const ServiceView& service);

}  // namespace keywatch::app::page
