#include "app/generate/audit_record.h"

#include <charconv>

#include "app/generate/operations.h"

namespace keywatch::generate {

namespace {

template <class... Parts>
void AppendAll(std::string* out, const Parts&... parts) {
  (out->append(parts), ...);
}

void AppendNumber(uint64_t number, std::string* out) {
  char text[20];
  out->append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

std::string_view Signature(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

bool IsControlPlane(const Event& event) {
  std::string_view name = event.operation->name;
  return name.starts_with("Vault") || name.starts_with("ManagedHsm") ||
         name.starts_with("AccessPolicy");
}

std::string_view AgentOf(const Event& event) {
  if (!event.agent.empty())
    return event.agent;
  return event.principal != nullptr ? std::string_view(event.principal->agent)
                                    : "azsdk-net-Core/1.38.0";
}

// The control plane names its claims by URI.
void AppendControlPlaneIdentity(const Principal& caller, std::string* out) {
  AppendAll(out,
            R"({"claim": {"http://schemas.microsoft.com/identity/claims/objectidentifier": ")",
            caller.object_id,
            "\", ");
  if (!caller.upn.empty()) {
    AppendAll(out,
              R"("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": ")",
              caller.upn,
              "\", ");
  }
  AppendAll(out, "\"appid\": \"", caller.app_id, "\"}}");
}

}  // namespace

void RecordWriter::Append(const Event& event, std::string* out) {
  if (event.resource->is_hsm) {
    AppendHsm(event, out);
  } else {
    AppendVault(event, out);
  }
}

void RecordWriter::AppendTime(record::Ticks time, int digits, std::string* out) {
  record::Ticks second = record::FloorTo(time, record::kTicksPerSecond);
  if (second != second_) {
    second_ = second;
    second_text_ = record::FormatDatetime(second).substr(0, 19);
  }
  out->append(second_text_);
  char fraction[8] = {'.'};
  auto rest = static_cast<uint32_t>(time - second);
  for (int i = 7; i >= 1; --i, rest /= 10)
    fraction[i] = static_cast<char>('0' + rest % 10);
  out->append(fraction, static_cast<size_t>(1 + digits));
  out->push_back('Z');
}

void RecordWriter::AppendUri(const Event& event, std::string* out) const {
  if (IsControlPlane(event)) {
    AppendAll(out,
              "https://management.azure.com/subscriptions/",
              world_->subscription_id,
              "/resourceGroups/",
              event.resource->group,
              "/providers/Microsoft.KeyVault/",
              event.resource->is_hsm ? "managedHSMs/" : "vaults/",
              event.resource->name,
              "?api-version=2023-07-01");
    return;
  }
  AppendAll(out, event.resource->host, event.object, event.operation->suffix, "?api-version=7.4");
}

// The wordings of real denials; line ends as JSON writes them.
void RecordWriter::AppendDescription(const Event& event, std::string* out) const {
  if (!event.description.empty()) {
    AppendAll(out, event.description);
    return;
  }
  if (event.denial == Denial::kNetwork) {
    AppendAll(out,
              "Client address (",
              event.address,
              ") is not authorized and caller is not a trusted service");
    return;
  }
  const Principal& caller = *event.principal;
  const Resource& vault = *event.resource;
  if (vault.uses_rbac) {
    AppendAll(
        out,
        "Caller is not authorized to perform action on resource.\\nIf role assignments, deny "
        "assignments or "
        "role definitions were changed recently, please observe propagation time.\\nCaller: appid=",
        caller.app_id,
        ";oid=",
        caller.object_id,
        ";iss=https://sts.windows.net/",
        world_->tenant_id,
        "/\\nAction: 'Microsoft.KeyVault/vaults/",
        event.operation->data_action,
        "'\\nResource: '/subscriptions/",
        world_->subscription_id,
        "/resourcegroups/",
        vault.group,
        "/providers/microsoft.keyvault/vaults/",
        vault.name,
        event.object,
        "'\\nAssignment: (not found)\\nDenyAssignmentId: null\\nDecisionReason: null \\nVault: ",
        vault.name,
        ";location=westeurope");
  } else {
    AppendAll(out,
              "The user, group or application 'appid=",
              caller.app_id,
              ";oid=",
              caller.object_id,
              ";numgroups=2;iss=https://sts.windows.net/",
              world_->tenant_id,
              "/' does not have ",
              event.operation->policy,
              " permission on key vault '",
              vault.name,
              ";location=westeurope'. For help resolving this issue, please see "
              "https://go.microsoft.com/fwlink/?linkid=2125287");
  }
}

void RecordWriter::AppendVaultProperties(const Event& event, std::string* out) const {
  AppendAll(out, "{");
  // Plain list calls have none.
  if (event.object.find('/', 1) != std::string_view::npos || IsControlPlane(event)) {
    AppendAll(out, "\"id\": \"", event.resource->host, event.object, "\", ");
  }
  AppendAll(out, "\"clientInfo\": \"", AgentOf(event), "\", \"httpStatusCode\": ");
  AppendNumber(static_cast<uint64_t>(event.status), out);
  AppendAll(out, ", \"requestUri\": \"");
  AppendUri(event, out);
  out->push_back('"');
  if (!IsControlPlane(event)) {
    if (event.principal != nullptr && event.denial != Denial::kNetwork) {
      AppendAll(
          out,
          event.resource->uses_rbac ? ", \"isRbacAuthorized\": " : ", \"isAccessPolicyMatch\": ",
          event.denial == Denial::kPermission ? "false" : "true");
    }
    AppendAll(out, ", \"tlsVersion\": \"TLS1_3\"");
  }
  if (!event.details.empty())
    AppendAll(out, ", ", event.details);
  out->push_back('}');
}

void RecordWriter::AppendVault(const Event& event, std::string* out) {
  AppendAll(out, "{ \"time\": \"");
  AppendTime(event.time, 7, out);
  AppendAll(out,
            "\", \"category\": \"AuditEvent\", \"operationName\": \"",
            event.operation->name,
            "\", \"resultType\": \"Success\", ");
  if (event.denial != Denial::kNone || !event.description.empty()) {
    AppendAll(out, "\"resultDescription\": \"");
    AppendDescription(event, out);
    AppendAll(out, "\", ");
  }
  AppendAll(out, "\"correlationId\": \"");
  AppendGuid(event.correlation[0], event.correlation[1], out);
  AppendAll(out, "\", \"callerIpAddress\": \"", event.address, "\", ");
  if (const Principal* caller = event.principal) {
    AppendAll(out, "\"identity\": ");
    if (IsControlPlane(event)) {
      AppendControlPlaneIdentity(*caller, out);
    } else {
      AppendAll(out, caller->vault_identity_head);
      if (!caller->vault_identity_tail.empty())
        AppendAll(out, event.address, caller->vault_identity_tail);
    }
    AppendAll(out, ", ");
  }
  AppendAll(out, "\"properties\": ");
  AppendVaultProperties(event, out);
  AppendAll(out,
            ", \"resourceId\": \"",
            event.resource->resource_id,
            "\", \"operationVersion\": \"",
            IsControlPlane(event) ? "2023-07-01" : "7.4",
            "\", \"resultSignature\": \"",
            Signature(event.status),
            "\", \"durationMs\": \"");
  AppendNumber(event.duration_ms, out);
  AppendAll(out, "\"}");
}

void RecordWriter::AppendHsm(const Event& event, std::string* out) {
  const Resource& hsm = *event.resource;
  AppendAll(out, "{\"TenantId\":\"", world_->tenant_id, "\",\"time\":\"");
  AppendTime(event.time, 3, out);
  AppendAll(
      out,
      "\",\"resourceId\":\"",
      hsm.resource_id,
      "\",\"operationName\":\"",
      event.operation->name,
      "\",\"operationVersion\":\"7.4\",\"category\":\"AuditEvent\",\"resultType\":\"Success\","
      "\"properties\":{\"PoolType\":\"M-HSM\",\"sku_Family\":\"B\",\"sku_Name\":\"Standard_B1\"},"
      "\"durationMs\":");
  AppendNumber(event.duration_ms, out);
  AppendAll(out, ",\"callerIpAddress\":\"", event.address, "\",");
  if (event.principal != nullptr) {
    AppendAll(out,
              "\"identity\":",
              event.principal->hsm_identity,
              ",\"clientInfo\":\"",
              AgentOf(event),
              "\",");
  }
  if (!event.description.empty())
    AppendAll(out, "\"resultDescription\":\"", event.description, "\",");
  AppendAll(out, "\"correlationId\":\"");
  AppendGuid(event.correlation[0], event.correlation[1], out);
  AppendAll(out, "\",\"subnetId\":\"(unknown)\",\"httpStatusCode\":");
  AppendNumber(static_cast<uint64_t>(event.status), out);
  AppendAll(out, ",\"PoolName\":\"", hsm.name, "\",\"requestUri\":\"");
  AppendUri(event, out);
  AppendAll(out,
            "\",\"resourceGroup\":\"",
            hsm.group,
            "\",\"resourceProvider\":\"MICROSOFT.KEYVAULT\",\"resource\":\"",
            hsm.name,
            "\",\"resourceType\":\"managedHSMs\"}");
}

}  // namespace keywatch::generate
