// Seeded AuditEvent records for the benchmarks: half in the Managed HSM layout (compact, identity
// as JSON in a string, durationMs a number), half in the vault layout (blanks, identity an object,
// durationMs a string), about 1.1 KB each.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace keywatch::bench {

// The operations of the records, all equally frequent.
inline constexpr std::array<const char*, 8> kOperations = {"KeySign",
                                                           "KeyGet",
                                                           "SecretGet",
                                                           "KeyUnwrap",
                                                           "KeyWrap",
                                                           "KeyList",
                                                           "KeyDecrypt",
                                                           "KeyRelease"};

std::vector<std::string> GenerateRecords(size_t count, unsigned seed);

// `{"records":[..]}` messages of `per_message` records each.
std::vector<std::string> EventHubsMessages(const std::vector<std::string>& records,
                                           size_t per_message);

// The texts in one buffer with simdjson's padding behind each, so that the bare parse needs no
// copy.
std::vector<std::string_view> Padded(const std::vector<std::string>& texts, std::string* buffer);

}  // namespace keywatch::bench
