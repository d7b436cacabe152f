// The operations that vaults and Managed HSMs log, as far as they are known.
#pragma once

#include <span>
#include <string_view>

namespace keywatch::app {

enum class LoggedBy { kVault, kHsm, kBoth };

struct KnownOperation {
  std::string_view group;
  std::string_view name;  // operationName
  LoggedBy logged_by = LoggedBy::kBoth;
  std::string_view path;  // of a request for it
  // Microsoft publishes no list of the names that a Managed HSM logs: this one follows from the
  // vault's, or from the REST call.
  bool inferred = false;
};

// Ordered by group. Vaults: learn.microsoft.com/azure/key-vault/general/logging. Managed HSMs:
// learn.microsoft.com/azure/key-vault/managed-hsm/logging says what is logged, not by which names;
// names that occur in Microsoft's documentation and sample queries are not marked as inferred.
std::span<const KnownOperation> KnownOperations();

}  // namespace keywatch::app
