// SHA-256, HMAC-SHA-256, base64 (OpenSSL behind our types).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keywatch {

using Sha256Digest = std::array<uint8_t, 32>;

Sha256Digest Sha256(std::string_view bytes);
Sha256Digest HmacSha256(std::string_view key, std::string_view bytes);
std::string HexEncode(const uint8_t* bytes, size_t size);
std::string Sha256Hex(std::string_view bytes);
std::string Base64Encode(std::string_view bytes);
// RFC 4648 section 5, without padding: what JWTs are made of.
std::string Base64UrlEncode(std::string_view bytes);
// Standard alphabet with padding; null if malformed.
std::optional<std::string> Base64Decode(std::string_view text);

}  // namespace keywatch
