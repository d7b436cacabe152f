#include "app/page/assets.h"

#include <map>

#include "engine/base/crypto.h"

namespace keywatch::app::page {

std::string AssetPath(std::string_view name) {
  static const std::map<std::string, std::string, std::less<>> paths = [] {
    std::map<std::string, std::string, std::less<>> all;
    for (const Asset& asset : Assets()) {
      std::string key(asset.name);
      all[key] = "/assets/" + key + "?v=" + Sha256Hex(asset.body).substr(0, 8);
    }
    return all;
  }();
  auto found = paths.find(name);
  return found == paths.end() ? "" : found->second;
}

std::string_view AssetType(std::string_view name) {
  if (name.ends_with(".css"))
    return "text/css; charset=utf-8";
  if (name.ends_with(".js"))
    return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

}  // namespace keywatch::app::page
