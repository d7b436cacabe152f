// The signed statement "I am this application" that takes the place of a client secret (RFC 7523):
// a JWT signed with the key of a certificate that the application knows.
// learn.microsoft.com/entra/identity-platform/certificate-credentials
#pragma once

#include <string>
#include <string_view>

#include "engine/base/rsa_signer.h"
#include "engine/record/time.h"

namespace keywatch::azure {

// `audience` is the URL that the token is asked of, `id` must not have been used before. Valid from
// a minute before `now`, in case clocks differ, to ten minutes after.
std::string MakeClientAssertion(const RsaSigner& signer,
                                std::string_view client_id,
                                std::string_view audience,
                                std::string_view id,
                                record::Ticks now);

}  // namespace keywatch::azure
