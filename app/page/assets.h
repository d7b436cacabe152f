// The files of app/page/assets, which CMake makes part of the binary.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keywatch::app::page {

struct Asset {
  std::string_view name;  // "page.css"
  std::string_view body;
};

const std::vector<Asset>& Assets();

// "/assets/page.css?v=1a2b3c4d": the address changes with the content, so that it may be kept for
// good.
std::string AssetPath(std::string_view name);
// Of its name's ending.
std::string_view AssetType(std::string_view name);

}  // namespace keywatch::app::page
