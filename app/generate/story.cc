#include "app/generate/story.h"

#include <algorithm>

#include "app/generate/story_table.h"

namespace keywatch::generate {

const std::vector<Story>& Stories() {
  static const std::vector<Story> stories = [] {
    std::vector<Story> all = stories::OfKeysTaken();
    for (const auto& more : {stories::OfAccess(), stories::OfDestruction()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return stories;
}

const Story* FindStory(std::string_view name) {
  const std::vector<Story>& all = Stories();
  auto found = std::find_if(all.begin(), all.end(), [&](const Story& s) { return s.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace keywatch::generate
