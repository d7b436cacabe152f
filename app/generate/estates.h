// The estates, each a value in a file of its own.
#pragma once

#include "app/generate/estate.h"

namespace keywatch::generate::estates {

Estate SmallFirm();
Estate Bank();
Estate Saas();

}  // namespace keywatch::generate::estates
