#include "app/generate/world_builder.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace keywatch::generate {

namespace {

const std::vector<std::string> kFirstNames = {
    "ada",     "alan", "barbara", "claude", "donald",    "edsger", "frances",
    "grace",   "hedy", "ivan",    "john",   "katherine", "leslie", "margaret",
    "niklaus", "olga", "peter",   "radia",  "sophie",    "tony"};
const std::vector<std::string> kLastNames = {
    "abel", "boole", "curie", "dirac", "euler", "fermat", "gauss"};
const std::vector<std::string> kTeams = {
    "billing", "identity", "ledger", "payroll", "search", "trading"};
const std::vector<std::string> kUserAgents = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/122.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_3) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.3 Safari/605.1.15",
    "python/3.11.4 (Linux-5.15.0-1041-azure-x86_64-with-glibc2.35) AZURECLI/2.57.0",
    "AzurePowershell/v11.3.0; PSVersion/v7.4.1"};
const std::vector<std::string> kProgramAgents = {
    "azsdk-net-Security.KeyVault.Secrets/4.6.0 (.NET 8.0.2; Ubuntu 22.04.4 LTS)",
    "azsdk-java-security-keyvault-keys/4.8.0 (17.0.10; Linux; 5.15.0-1041-azure)",
    "azsdk-python-keyvault-keys/4.9.0 Python/3.11.8 "
    "(Linux-5.15.0-1041-azure-x86_64-with-glibc2.35)",
    "azsdk-go-azsecrets/v1.1.0 (go1.22.0; linux)",
    "azsdk-js-keyvault-secrets/4.8.0 core-rest-pipeline/1.14.0 Node/20.11.1 "
    "OS/(x64-Linux-5.15.0-1041-azure)"};

std::string Upper(std::string text) {
  for (char& byte : text)
    byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
  return text;
}

// Backslashes and quotes as they stand in a JSON string; there are no other special characters
// here.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char byte : text) {
    if (byte == '"' || byte == '\\')
      quoted += '\\';
    quoted += byte;
  }
  return quoted + '"';
}

std::string OfficeAddress(uint64_t number) {
  return fmt::format("198.18.{}.{}", number / 250 % 256, number % 250 + 1);
}

std::string HomeAddress(uint64_t number) {
  if (number % 40 == 7)
    return fmt::format("2001:db8:{:x}::{:x}", number % 997, number + 16);
  return fmt::format("198.19.{}.{}", number / 250 % 256, number % 250 + 1);
}

std::string PrivateAddress(uint64_t number) {
  return fmt::format(
      "10.{}.{}.{}", number / 60'000 % 200 + 4, number / 250 % 240, number % 250 + 4);
}

}  // namespace

WorldBuilder::WorldBuilder(uint64_t seed) : random_(seed) {
  world_.tenant_id = MakeGuid(&random_);
  world_.subscription_id = MakeGuid(&random_);
}

const std::string& WorldBuilder::Team(size_t number) { return kTeams[number % kTeams.size()]; }

size_t WorldBuilder::AddResource(bool is_hsm,
                                 size_t number,
                                 std::string name,
                                 std::string_view group,
                                 const Contents& contents) {
  Resource resource;
  resource.is_hsm = is_hsm;
  resource.uses_rbac = number % 3 != 0;
  resource.name = std::move(name);
  resource.group = Upper(std::string(group));
  resource.resource_id =
      fmt::format("/SUBSCRIPTIONS/{}/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/{}/{}",
                  Upper(world_.subscription_id),
                  resource.group,
                  is_hsm ? "MANAGEDHSMS" : "VAULTS",
                  // The last segment is sometimes in lower case.
                  !is_hsm && number % 7 == 5 ? resource.name : Upper(resource.name));
  resource.host =
      fmt::format("https://{}.{}.azure.net", resource.name, is_hsm ? "managedhsm" : "vault");
  for (size_t i = 0; i < contents.keys; ++i)
    resource.keys.push_back(Object("keys", "key", i));
  for (size_t i = 0; i < contents.secrets; ++i)
    resource.secrets.push_back(Object("secrets", "secret", i));
  for (size_t i = 0; i < contents.certificates; ++i)
    resource.certificates.push_back(Object("certificates", "cert", i));
  (is_hsm ? world_.hsms : world_.vaults).push_back(world_.resources.size());
  world_.resources.push_back(std::move(resource));
  return world_.resources.size() - 1;
}

std::string WorldBuilder::Object(const char* collection, const char* kind, size_t number) {
  std::string version = MakeGuid(&random_);
  version.erase(std::remove(version.begin(), version.end(), '-'), version.end());
  return fmt::format("/{}/{}-{}-{}/{}", collection, Team(number), kind, number + 1, version);
}

Principal WorldBuilder::MakeUser() {
  Principal user;
  uint64_t number = users_++;
  user.object_id = MakeGuid(&random_);
  // The Azure CLI, or the portal's key vault pages.
  user.app_id = number % 2 == 0 ? "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
                                : "3686488a-04fc-4d8a-b967-61f98ec41efe";
  user.upn = fmt::format("{}.{}@contoso.example",
                         kFirstNames[number % kFirstNames.size()],
                         kLastNames[number / kFirstNames.size() % kLastNames.size()]);
  if (number >= kFirstNames.size() * kLastNames.size())
    user.upn.insert(0, fmt::format("x{}.", number));
  // Three share an office address, nobody a home.
  user.addresses = {OfficeAddress(number / 3), HomeAddress(number)};
  user.agent = kUserAgents[number % kUserAgents.size()];
  user.vault_identity_head = fmt::format(
      R"({{"claim": {{"oid": "{}", "appid": "{}", "scp": "user_impersonation", "appidacr": "0", )"
      R"("xms_az_nwperimid": [], "upn": "{}", "ipaddr": ")",
      user.object_id,
      user.app_id,
      user.upn);
  user.vault_identity_tail =
      fmt::format(R"(", "unique_name": "{}", "amr": "pwd,mfa"}}}})", user.upn);
  user.hsm_identity = Quoted(fmt::format(
      R"({{"claim":{{"appid":"{}","http_schemas_microsoft_com_identity":{{"claims":{{"objectidentifier":"{}"}}}},)"
      R"("http_schemas_xmlsoap_org_ws_2005_05_identity":{{"claims":{{"upn":"{}"}}}}}}}})",
      user.app_id,
      user.object_id,
      user.upn));
  return user;
}

Principal WorldBuilder::MakeProgram(size_t addresses) {
  uint64_t number = programs_;
  Principal program = MakeProgram();
  for (size_t i = 0; i < addresses; ++i)
    program.addresses.push_back(PrivateAddress(number * 8 + i));
  return program;
}

Principal WorldBuilder::MakeProgram() {
  Principal program;
  program.object_id = MakeGuid(&random_);
  program.app_id = MakeGuid(&random_);
  program.agent = kProgramAgents[programs_++ % kProgramAgents.size()];
  program.vault_identity_head =
      fmt::format(R"({{"claim": {{"oid": "{}", "appid": "{}", "appidacr": "2", "idtyp": "app", )"
                  R"("iss": "https://sts.windows.net/{}/", "xms_az_nwperimid": []}}}})",
                  program.object_id,
                  program.app_id,
                  world_.tenant_id);
  program.hsm_identity = Quoted(fmt::format(
      R"({{"claim":{{"appid":"{}","http_schemas_microsoft_com_identity":{{"claims":{{"objectidentifier":"{}"}}}}}}}})",
      program.app_id,
      program.object_id));
  return program;
}

Principal WorldBuilder::MakeResourceGraph() {
  Principal graph;
  graph.object_id = MakeGuid(&random_);
  graph.app_id = "509e4652-da8d-478d-a730-e9d4a1996ca4";
  graph.addresses = {"198.18.255.10", "198.18.255.11"};
  graph.agent = "AzureResourceGraph.IngestionWorkerService.global/1.24.1.621";
  return graph;
}

size_t WorldBuilder::Add(Principal principal) {
  world_.principals.push_back(std::move(principal));
  return world_.principals.size() - 1;
}

void AppendGuid(uint64_t high, uint64_t low, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  char text[36];
  size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20)
      text[at++] = '-';
    uint64_t word = digit < 16 ? high : low;
    text[at++] = kHex[word >> (60 - 4 * (digit % 16)) & 15];
  }
  out->append(text, sizeof text);
}

std::string MakeGuid(Random* random) {
  std::string guid;
  uint64_t high = random->Next();
  AppendGuid(high, random->Next(), &guid);
  return guid;
}

}  // namespace keywatch::generate
