#include "tests/bench/decode_records.h"

#include <array>
#include <cstdint>
#include <random>

#include <fmt/format.h>

namespace keywatch::bench {
namespace {

constexpr std::array<const char*, 6> kAgents = {
    "azsdk-python-keyvault-keys/4.8.0 Python/3.11.4 "
    "(Linux-5.15.0-1041-azure-x86_64-with-glibc2.31)",
    "azsdk-net-Security.KeyVault.Secrets/4.5.0 (.NET 7.0.9; Microsoft Windows 10.0.20348)",
    "azsdk-java-security-keyvault-keys/4.6.3 (11.0.19; Linux; 5.15.0-1041-azure)",
    "azsdk-go-azkeys/v1.0.0 (go1.20.6; linux)",
    "AZURECLI/2.50.0 (DEB) azsdk-python-azure-mgmt-keyvault/10.2.2 Python/3.10.12",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/114.0.0.0 Safari/537.36"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string Guid(uint64_t from) const {
    uint64_t a = (from + 1) * 0x9E3779B97F4A7C15ULL;
    uint64_t b = (from + 7) * 0xC2B2AE3D27D4EB4FULL;
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                       a >> 32,
                       (a >> 16) & 0xFFFF,
                       a & 0xFFFF,
                       b >> 48,
                       b & 0xFFFFFFFFFFFFULL);
  }

  std::string Hsm(size_t number) {
    unsigned who = Pick(150);
    unsigned pool = Pick(16);
    unsigned key = Pick(2000);
    return fmt::format(
        R"({{"TenantId":"{0}","time":"2026-03-01T{1:02}:{2:02}:{3:02}.{4:03}Z",)"
        R"("resourceId":"/SUBSCRIPTIONS/{5}/RESOURCEGROUPS/HSM-RG-{6}/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/HSM-{6}",)"
        R"("operationName":"{7}","operationVersion":"7.4","category":"AuditEvent","resultType":"Success",)"
        R"("properties":{{"PoolType":"M-HSM","sku_Family":"B","sku_Name":"Standard_B1"}},"durationMs":{8},)"
        R"("callerIpAddress":"{9}","identity":"{{\"claim\":{{\"appid\":\"{10}\",)"
        R"(\"http_schemas_microsoft_com_identity\":{{\"claims\":{{\"objectidentifier\":\"{11}\"}}}},)"
        R"(\"http_schemas_xmlsoap_org_ws_2005_05_identity\":{{\"claims\":{{\"upn\":\"user{12}@contoso.example\"}}}}}}}}",)"
        R"j("clientInfo":"{13}","correlationId":"{14}","subnetId":"(unknown)","httpStatusCode":{15},)j"
        R"("PoolName":"hsm-{6}","requestUri":"https://hsm-{6}.managedhsm.azure.net/keys/key-{16}/{17:032x}/sign?api-version=7.4",)"
        R"("resourceGroup":"hsm-rg-{6}","resourceProvider":"MICROSOFT.KEYVAULT","resource":"hsm-{6}","resourceType":"managedHSMs"}})",
        Guid(3),
        Hour(number),
        Minute(number),
        number % 60,
        Pick(1000),
        Guid(100 + pool),
        pool,
        kOperations[Pick(8)],
        Pick(400),
        Address(),
        Guid(1000 + who % 20),
        Guid(2000 + who),
        who,
        kAgents[Pick(6)],
        Guid(1'000'000 + number),
        Pick(100) < 4 ? 403 : 200,
        key,
        (key + 1) * 0x9E3779B97F4A7C15ULL);
  }

  std::string Vault(size_t number) {
    unsigned who = Pick(150);
    unsigned vault = Pick(32);
    unsigned secret = Pick(2000);
    return fmt::format(
        R"({{ "time": "2026-03-01T{0:02}:{1:02}:{2:02}.{3:07}Z", )"
        R"("resourceId": "/SUBSCRIPTIONS/{4}/RESOURCEGROUPS/RG-{5}/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/VAULT-{5}", )"
        R"("operationName": "{6}", "operationVersion": "7.4", "category": "AuditEvent", "resultType": "Success", )"
        R"("resultSignature": "{7}", "resultDescription": "", "durationMs": "{8}", "callerIpAddress": "{9}", )"
        R"("correlationId": "{10}", "identity": {{ "claim": {{ "oid": "{11}", "appid": "{12}", )"
        R"("scp": "user_impersonation", "appidacr": "0", "xms_az_nwperimid": [], "upn": "user{13}@contoso.example", )"
        R"("ipaddr": "20.0.{13}.1", "unique_name": "user{13}@contoso.example", "amr": "pwd" }} }}, )"
        R"("properties": {{ "id": "https://vault-{5}.vault.azure.net/secrets/secret-{14}", "clientInfo": "{15}", )"
        R"("httpStatusCode": {16}, "requestUri": "https://vault-{5}.vault.azure.net/secrets/secret-{14}/{17:032x}?api-version=7.4", )"
        R"("isAccessPolicyMatch": true, "tlsVersion": "TLS1_3" }} }})",
        Hour(number),
        Minute(number),
        number % 60,
        Pick(10'000'000),
        Guid(200 + vault),
        vault,
        kOperations[Pick(8)],
        "OK",
        Pick(400),
        Address(),
        Guid(5'000'000 + number),
        Guid(3000 + who),
        Guid(1000 + who % 20),
        who,
        secret,
        kAgents[Pick(6)],
        Pick(100) < 4 ? 403 : 200,
        (secret + 1) * 0x9E3779B97F4A7C15ULL);
  }

 private:
  unsigned Pick(unsigned below) { return static_cast<unsigned>(random_() % below); }
  static size_t Hour(size_t number) { return number / 3600 % 24; }
  static size_t Minute(size_t number) { return number / 60 % 60; }
  std::string Address() {
    unsigned address = Pick(3000);
    return fmt::format("20.{}.{}.{}", address / 256, address % 256, address % 200 + 1);
  }

  std::mt19937_64 random_;
};

}  // namespace

std::vector<std::string> GenerateRecords(size_t count, unsigned seed) {
  Generator generator(seed);
  std::vector<std::string> records;
  records.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    records.push_back(i % 2 == 0 ? generator.Hsm(i) : generator.Vault(i));
  }
  return records;
}

std::vector<std::string> EventHubsMessages(const std::vector<std::string>& records,
                                           size_t per_message) {
  std::vector<std::string> messages;
  for (size_t begin = 0; begin < records.size(); begin += per_message) {
    std::string message = R"({"records":[)";
    for (size_t i = begin; i < records.size() && i < begin + per_message; ++i) {
      if (i > begin)
        message += ',';
      message += records[i];
    }
    messages.push_back(message + "]}");
  }
  return messages;
}

std::vector<std::string_view> Padded(const std::vector<std::string>& texts, std::string* buffer) {
  constexpr size_t kPadding = 64;
  size_t size = 0;
  for (const std::string& text : texts)
    size += text.size() + kPadding;
  buffer->clear();
  buffer->reserve(size);
  std::vector<std::string_view> views;
  for (const std::string& text : texts) {
    views.emplace_back(buffer->data() + buffer->size(), text.size());
    buffer->append(text).append(kPadding, ' ');
  }
  return views;
}

}  // namespace keywatch::bench
