// The fixed few reasons why a source could not read: what connectors count, and the label of
// keywatch_source_errors_total.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keywatch::pipeline {

enum class SourceError : uint8_t {
  kNetwork,    // no answer, or a connection that broke
  kTls,        // a certificate that is not trusted, or no TLS at all
  kLogin,      // the other side refused who we are
  kToken,      // no access token to log in with
  kAccess,     // it knows us, and does not let us read
  kMissing,    // what is to be read does not exist
  kThrottled,  // it asked us to come back later
  kOther,
};
inline constexpr size_t kSourceErrors = 8;

// Counts since the start, by SourceError.
using SourceErrorCounts = std::array<uint64_t, kSourceErrors>;

// "network", "tls", "login", "token", "access", "missing", "throttled", "other".
std::string_view SourceErrorName(SourceError error);

}  // namespace keywatch::pipeline
