// Plays a story on a day of an estate.
#pragma once

#include <vector>

#include "app/generate/audit_record.h"
#include "app/generate/estate_world.h"
#include "app/generate/random.h"
#include "app/generate/story.h"
#include "app/generate/traffic.h"

namespace keywatch::generate {

// Identities that a story needs and the estate does not have; made before the first day, so that
// the world does not change under way.
struct StoryCast {
  std::vector<Member> strangers;  // the first two have names of their own, the others are the many
};

StoryCast MakeStoryCast(uint64_t seed, EstateWorld* world);

// Whether the estate has the roles and places that the story needs.
bool CanPlay(const Estate& estate, const Story& story);

// Adds the story's events to those of the day that begins at `day`, and takes away what it hides;
// one label for each finding. the estate CanPlay() it.
void PlayStory(const EstateWorld& world,
               const StoryCast& cast,
               const Story& story,
               Random random,
               record::Ticks day,
               Texts* texts,
               std::vector<Event>* events,
               std::vector<Label>* labels);

}  // namespace keywatch::generate
