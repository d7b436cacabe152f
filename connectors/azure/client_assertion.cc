#include "connectors/azure/client_assertion.h"

#include "engine/base/crypto.h"
#include "engine/record/dynamic.h"

namespace keywatch::azure {
namespace {

using record::Dynamic;

constexpr int64_t kBefore = 60;
constexpr int64_t kAfter = 600;

Dynamic Text(std::string_view text) {
  Dynamic out;
  out.held = std::string(text);
  return out;
}

Dynamic Number(int64_t number) {
  Dynamic out;
  out.held = number;
  return out;
}

std::string Part(Dynamic::Object members) {
  Dynamic object;
  object.held = std::move(members);
  return Base64UrlEncode(record::ToJson(object));
}

}  // namespace

std::string MakeClientAssertion(const RsaSigner& signer,
                                std::string_view client_id,
                                std::string_view audience,
                                std::string_view id,
                                record::Ticks now) {
  const int64_t seconds = (now - record::kUnixEpoch) / record::kTicksPerSecond;
  const std::string_view thumbprint(reinterpret_cast<const char*>(signer.thumbprint().data()),
                                    signer.thumbprint().size());
  std::string out = Part({{"alg", Text("RS256")},
                          {"typ", Text("JWT")},
                          {"x5t#S256", Text(Base64UrlEncode(thumbprint))}});
  out += '.';
  out += Part({{"aud", Text(audience)},
               {"iss", Text(client_id)},
               {"sub", Text(client_id)},
               {"jti", Text(id)},
               {"iat", Number(seconds)},
               {"nbf", Number(seconds - kBefore)},
               {"exp", Number(seconds + kAfter)}});
  const std::string signature = signer.Sign(out);
  return out + '.' + Base64UrlEncode(signature);
}

}  // namespace keywatch::azure
