#include "app/generate/world.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/core.h>

namespace keywatch::generate {

namespace {

constexpr size_t kUsers = 140;
constexpr size_t kPrograms = 90;
constexpr size_t kSceneUsers = 16;
constexpr size_t kScenePrograms = 16;
constexpr size_t kWorkloads = 8;
constexpr size_t kVaults = 24;
constexpr size_t kHsms = 8;
constexpr size_t kAttackerAddresses = 240;

const std::vector<std::string> kFirstNames = {
    "ada",     "alan", "barbara", "claude", "donald",    "edsger", "frances",
    "grace",   "hedy", "ivan",    "john",   "katherine", "leslie", "margaret",
    "niklaus", "olga", "peter",   "radia",  "sophie",    "tony"};
const std::vector<std::string> kLastNames = {
    "abel", "boole", "curie", "dirac", "euler", "fermat", "gauss"};
const std::vector<std::string> kTeams = {
    "billing", "identity", "ledger", "payroll", "search", "trading"};
const std::vector<std::string> kStages = {"prod", "test", "dr", "dev"};
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

class WorldMaker {
 public:
  explicit WorldMaker(uint64_t seed) : random_(seed) {}

  World Make() {
    world_.tenant_id = MakeGuid(&random_);
    world_.subscription_id = MakeGuid(&random_);
    for (size_t i = 0; i < kVaults; ++i)
      AddResource(false, i);
    for (size_t i = 0; i < kHsms; ++i)
      AddResource(true, i);
    for (size_t i = 0; i < kUsers; ++i) {
      size_t user = AddUser();
      world_.everyday.push_back(user);
      world_.denied.push_back(user);
    }
    for (size_t i = 0; i < kPrograms; ++i) {
      size_t program = AddProgram(2);
      world_.everyday.push_back(program);
      world_.denied.push_back(program);
    }
    for (size_t i = 0; i < kSceneUsers; ++i)
      world_.scene_users.push_back(AddUser());
    for (size_t i = 0; i < kScenePrograms; ++i)
      world_.scene_programs.push_back(AddProgram(1));
    // They are seen at work on other days, too.
    for (const auto* scene : {&world_.scene_users, &world_.scene_programs}) {
      world_.everyday.insert(world_.everyday.end(), scene->begin(), scene->end());
    }
    for (size_t i = 0; i < kWorkloads; ++i)
      AddWorkload(i);
    world_.hsm_backup_program = AddProgram(1);
    world_.key_backup_program = AddProgram(1);
    world_.hsm_officer = AddUser();
    AddResourceGraph();
    for (size_t i = 0; i < kAttackerAddresses; ++i) {
      world_.attacker_addresses.push_back(
          fmt::format("{}.{}", i % 2 == 0 ? "203.0.113" : "198.51.100", i / 2 + 1));
    }
    return std::move(world_);
  }

 private:
  void AddResource(bool is_hsm, size_t number) {
    Resource resource;
    resource.is_hsm = is_hsm;
    resource.uses_rbac = number % 3 != 0;
    resource.name = fmt::format("{}{}-{}-{}",
                                is_hsm ? "hsm" : "kv",
                                number + 1,
                                kTeams[number % kTeams.size()],
                                kStages[number / 6 % kStages.size()]);
    resource.group = Upper("rg-" + kTeams[number % kTeams.size()]);
    resource.resource_id =
        fmt::format("/SUBSCRIPTIONS/{}/RESOURCEGROUPS/{}/PROVIDERS/MICROSOFT.KEYVAULT/{}/{}",
                    Upper(world_.subscription_id),
                    resource.group,
                    is_hsm ? "MANAGEDHSMS" : "VAULTS",
                    // The last segment is sometimes in lower case.
                    !is_hsm && number % 7 == 5 ? resource.name : Upper(resource.name));
    resource.host =
        fmt::format("https://{}.{}.azure.net", resource.name, is_hsm ? "managedhsm" : "vault");
    for (size_t i = 0; i < 40; ++i)
      resource.keys.push_back(Object("keys", "key", i));
    for (size_t i = 0; i < 60; ++i)
      resource.secrets.push_back(Object("secrets", "secret", i));
    for (size_t i = 0; i < 12; ++i)
      resource.certificates.push_back(Object("certificates", "cert", i));
    (is_hsm ? world_.hsms : world_.vaults).push_back(world_.resources.size());
    world_.resources.push_back(std::move(resource));
  }

  std::string Object(const char* collection, const char* kind, size_t number) {
    std::string version = MakeGuid(&random_);
    version.erase(std::remove(version.begin(), version.end(), '-'), version.end());
    return fmt::format(
        "/{}/{}-{}-{}/{}", collection, kTeams[number % kTeams.size()], kind, number + 1, version);
  }

  void ChooseResources(Principal* principal) {
    for (size_t i = 0; i < 4; ++i)
      principal->resources.push_back(random_.Pick(world_.vaults));
    for (size_t i = 0; i < 2; ++i)
      principal->resources.push_back(random_.Pick(world_.hsms));
  }

  size_t AddUser() {
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
    ChooseResources(&user);
    return Add(std::move(user));
  }

  size_t AddProgram(size_t addresses) {
    Principal program;
    program.object_id = MakeGuid(&random_);
    program.app_id = MakeGuid(&random_);
    for (size_t i = 0; i < addresses; ++i)
      program.addresses.push_back(PrivateAddress(programs_ * 8 + i));
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
    ChooseResources(&program);
    return Add(std::move(program));
  }

  void AddWorkload(size_t number) {
    Workload workload;
    workload.principal = AddProgram(2);
    workload.resource =
        number % 2 == 0 ? world_.hsms[number % kHsms] : world_.vaults[number % kVaults];
    workload.key = world_.resources[workload.resource].keys[number];
    world_.workloads.push_back(std::move(workload));
  }

  void AddResourceGraph() {
    Principal graph;
    graph.object_id = MakeGuid(&random_);
    graph.app_id = "509e4652-da8d-478d-a730-e9d4a1996ca4";
    graph.addresses = {"198.18.255.10", "198.18.255.11"};
    graph.agent = "AzureResourceGraph.IngestionWorkerService.global/1.24.1.621";
    // The control plane names its claims by URI.
    graph.vault_identity_head = fmt::format(
        R"({{"claim": {{"http://schemas.microsoft.com/identity/claims/objectidentifier": "{}", "appid": "{}"}}}})",
        graph.object_id,
        graph.app_id);
    world_.resource_graph = Add(std::move(graph));
  }

  size_t Add(Principal principal) {
    world_.principals.push_back(std::move(principal));
    return world_.principals.size() - 1;
  }

  Random random_;
  World world_;
  uint64_t users_ = 0;
  uint64_t programs_ = 0;
};

}  // namespace

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

World MakeWorld(uint64_t seed) { return WorldMaker(seed).Make(); }

}  // namespace keywatch::generate
