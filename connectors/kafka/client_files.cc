#include "connectors/kafka/client_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace keywatch::kafka {
namespace {

void AppendVersion(const std::string& path, std::string* out) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    *out += fmt::format("{}: none\n", path);
    return;
  }
  *out += fmt::format("{}: {} {} {} {}.{}\n",
                      path,
                      found.st_dev,
                      found.st_ino,
                      found.st_size,
                      found.st_mtim.tv_sec,
                      found.st_mtim.tv_nsec);
}

}  // namespace

std::string FileVersions(const ClientSettings& settings) {
  std::string out;
  for (const auto& [name, value] : settings.properties) {
    if (name == "sasl.username" || name == "sasl.password")
      continue;
    if (!value.path().empty())
      AppendVersion(value.path(), &out);
    if (name.starts_with("ssl.") && name.ends_with(".location"))
      AppendVersion(value.Reveal(), &out);
  }
  return out;
}

}  // namespace keywatch::kafka
