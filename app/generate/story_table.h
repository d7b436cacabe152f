// The stories, by what they are about.
#pragma once

#include <vector>

#include "app/generate/story.h"

namespace keywatch::generate::stories {

std::vector<Story> OfKeysTaken();    // keys, secrets and security domains that leave
std::vector<Story> OfAccess();       // roles, policies, networks and refusals
std::vector<Story> OfDestruction();  // deletions, and tracks that are covered

}  // namespace keywatch::generate::stories
