// Where a column's value comes from in a record: the small language of the `source` field of a
// table file (schema_catalog.h lists it), as a value.
//
// A path is compared in flattened form, which is how Azure Monitor names AzureDiagnostics columns:
// the names on the way joined by `_`, every run of other characters than letters and digits one
// `_`, here in lower case. So
// `identity.claim.http://schemas.microsoft.com/identity/claims/objectidentifier` also finds the
// Managed HSM's nested
// `identity.claim.http_schemas_microsoft_com_identity.claims.objectidentifier`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace keywatch::record {

enum class SourceKind { kNone, kPath, kAddress, kEventTime, kResource, kConstant };
enum class ResourcePart { kUpper, kLower, kSubscription, kGroup, kProvider, kType, kName };

struct ColumnSource {
  SourceKind kind = SourceKind::kNone;
  // kPath, kAddress: flattened paths; the first one that a record holds a value at counts.
  std::vector<std::string> paths;
  ResourcePart part = ResourcePart::kUpper;  // kResource
  std::string constant;                      // kConstant
};

// kInvalidInput says what is wrong with `text`.
Result<ColumnSource> ParseColumnSource(std::string_view text);

// "Properties.sku.Family" -> "properties_sku_family". Bytes of non-ASCII characters are kept.
std::string FlattenPath(std::string_view path);

// "PoolName_s" -> "PoolName": a column name of AzureDiagnostics without its type suffix.
std::string_view WithoutTypeSuffix(std::string_view column);

}  // namespace keywatch::record
