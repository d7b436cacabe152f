// Reads the XML that List Blobs answers with. Pure; strict where it matters: a page that is not
// understood is an error, never a shorter list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/record/time.h"

namespace keywatch::blob {

struct ListedBlob {
  std::string name;
  int64_t size = 0;
  std::string etag;  // without quotes
  record::Ticks last_modified = 0;
  bool operator==(const ListedBlob&) const = default;
};

struct ListPage {
  std::vector<ListedBlob> blobs;
  std::vector<std::string> folders;  // BlobPrefix; each ends with /
  std::string next_marker;           // "": this was the last page
};

Result<ListPage> ParseListPage(std::string_view xml);

}  // namespace keywatch::blob
