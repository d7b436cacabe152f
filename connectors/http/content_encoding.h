// A request's body out of its Content-Encoding, whole or not at all: a packed body that was cut off
// on its way is told from a complete one by the end that is missing. (httplib's own unpacking takes
// what came for all there was.) Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace keywatch::http {

// `encoding` as in Content-Encoding: "", identity, gzip (x-gzip; several members one after the
// other too) or br. Errors: kExhausted when more than `most` bytes come out, else kInvalidInput,
// which says what is wrong with the body, and what to do.
Result<std::string> DecodeContent(std::string_view encoding, std::string body, size_t most);

}  // namespace keywatch::http
