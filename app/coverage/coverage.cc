#include "app/coverage/coverage.h"

#include <utility>

#include <fmt/format.h>

namespace keywatch::app {
namespace {

constexpr std::string_view kNoOperation = "NoSuchOperation";
constexpr std::string_view kTime = "2026-01-15T12:00:00.0000000Z";

std::string VaultRecord(std::string_view operation, std::string_view path, int status) {
  return fmt::format(
      R"({{"time":"{}","category":"AuditEvent","operationName":"{}","resultType":"Success",)"
      R"("correlationId":"1","callerIpAddress":"203.0.113.9",)"
      R"("identity":{{"claim":{{"oid":"aaaaaaaa-0000-4000-8000-000000000001","upn":"ann@example.com",)"
      R"("appid":"cccccccc-0000-4000-8000-000000000001"}}}},)"
      R"("properties":{{"clientInfo":"curl/8","httpStatusCode":{},"tlsVersion":"TLS1_2",)"
      R"("requestUri":"https://v.vault.azure.net{}?api-version=7.4"}},)"
      R"("resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V"}})",
      kTime,
      operation,
      status,
      path);
}

std::string HsmRecord(std::string_view operation, std::string_view path, int status) {
  return fmt::format(
      R"({{"time":"{}","category":"AuditEvent","operationName":"{}","resultType":"Success",)"
      R"("correlationId":"1","callerIpAddress":"203.0.113.9","clientInfo":"curl/8",)"
      R"("identity":"{{\"claim\":{{\"appid\":\"cccccccc-0000-4000-8000-000000000001\",)"
      R"(\"http_schemas_microsoft_com_identity\":{{\"claims\":{{\"objectidentifier\":)"
      R"(\"aaaaaaaa-0000-4000-8000-000000000001\"}}}}}}}}","httpStatusCode":{},)"
      R"("requestUri":"https://h.managedhsm.azure.net{}?api-version=7.4","properties":{{"PoolType":"M-HSM"}},)"
      R"("resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/H"}})",
      kTime,
      operation,
      status,
      path);
}

}  // namespace

CoverageProbe::CoverageProbe(const std::vector<rule::CompiledRule>& rules)
    : engine_(rules, record::SchemaCatalog::Builtin(), {}), decoder_(engine_.layout()) {
  for (int status : {200, 403, 404, 500}) {
    general_of_vaults_.merge(Watching(VaultRecord(kNoOperation, "/", status)));
    general_of_hsms_.merge(Watching(HsmRecord(kNoOperation, "/", status)));
  }
  general_ = general_of_vaults_;
  general_.insert(general_of_hsms_.begin(), general_of_hsms_.end());
}

std::set<size_t> CoverageProbe::Watching(const std::string& json) {
  std::string origin = "probe";
  pipeline::RawBatch batch;
  batch.messages.push_back({&origin, 0, json, 0});
  record::RecordBatch rows;
  size_t next = 0;
  decoder_.Decode(batch, &next, &rows, [](const pipeline::RejectedRecord&) {});
  std::set<size_t> out;
  std::vector<std::vector<uint32_t>> watched = engine_.Watched(rows);
  for (size_t rule = 0; rule < watched.size(); ++rule) {
    if (!watched[rule].empty())
      out.insert(rule);
  }
  return out;
}

OperationCoverage CoverageProbe::Ask(const KnownOperation& known, bool hsm) {
  OperationCoverage out;
  out.group = known.group;
  out.name = known.name;
  out.hsm = hsm;
  out.inferred = known.inferred;
  auto record = hsm ? HsmRecord : VaultRecord;
  for (size_t rule : Watching(record(known.name, known.path, 200)))
    out.rules[rule].done = true;
  for (size_t rule : Watching(record(known.name, known.path, 403)))
    out.rules[rule].refused = true;
  for (size_t rule : general_)
    out.rules.erase(rule);
  return out;
}

OperationCoverage CoverageProbe::Seen(const std::string& name, bool hsm) {
  return Ask({"", name, LoggedBy::kBoth, "/", false}, hsm);
}

Coverage CoverageProbe::Known() {
  Coverage coverage;
  coverage.general = general_;
  coverage.of_vaults = general_of_vaults_;
  coverage.of_hsms = general_of_hsms_;
  for (const KnownOperation& known : KnownOperations()) {
    for (bool hsm : {false, true}) {
      if (known.logged_by != (hsm ? LoggedBy::kVault : LoggedBy::kHsm))
        coverage.operations.push_back(Ask(known, hsm));
    }
  }
  for (const OperationCoverage& operation : coverage.operations) {
    for (const auto& [rule, watch] : operation.rules)
      (operation.hsm ? coverage.of_hsms : coverage.of_vaults).insert(rule);
  }
  return coverage;
}

}  // namespace keywatch::app
