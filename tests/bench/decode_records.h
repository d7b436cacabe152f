// Seeded AuditEvent records for the benchmarks: half in the Managed HSM layout (compact, identity
// as JSON in a string, durationMs a number), half in the vault layout (blanks, identity an object,
// durationMs a string), about 1.1 KB each.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace keywatch::bench {

std::vector<std::string> GenerateRecords(size_t count, unsigned seed);

// `{"records":[..]}` messages of `per_message` records each.
std::vector<std::string> EventHubsMessages(const std::vector<std::string>& records,
                                           size_t per_message);

}  // namespace keywatch::bench
