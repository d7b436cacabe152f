#include "app/generate/estate.h"

#include <algorithm>

#include "app/generate/estates.h"

namespace keywatch::generate {

const std::vector<Estate>& Estates() {
  static const std::vector<Estate> estates = {
      estates::SmallFirm(), estates::Bank(), estates::Saas()};
  return estates;
}

const Estate* FindEstate(std::string_view name) {
  const std::vector<Estate>& all = Estates();
  auto found =
      std::find_if(all.begin(), all.end(), [&](const Estate& e) { return e.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace keywatch::generate
