#include "engine/rule/entity_catalog.h"

#include <algorithm>
#include <cctype>

namespace keywatch::rule {

const std::vector<EntityType>& EntityTypes() {
  static const std::vector<EntityType> types = {
      {"Account",
       {"Name",
        "FullName",
        "NTDomain",
        "DnsDomain",
        "UPNSuffix",
        "Sid",
        "AadTenantId",
        "AadUserId",
        "PUID",
        "IsDomainJoined",
        "DisplayName",
        "ObjectGuid",
        "CloudAppAccountId",
        "IsAnonymized"}},
      {"AzureResource", {"ResourceId", "SubscriptionId"}},
      {"CloudApplication", {"AppId", "SaasId", "Name", "InstanceName"}},
      {"DNS", {"DomainName", "DnsServerIp", "HostIpAddress"}},
      {"File", {"Directory", "Name"}},
      {"FileHash", {"Algorithm", "Value"}},
      {"Host",
       {"DnsDomain",
        "NTDomain",
        "HostName",
        "FullName",
        "NetBiosName",
        "AzureID",
        "OMSAgentID",
        "OSFamily",
        "OSVersion",
        "IsDomainJoined"}},
      {"IoTDevice", {"DeviceId", "DeviceName", "IoTSecurityAgentId", "IoTHub", "MacAddress"}},
      {"IP", {"Address", "AddressScope"}},
      {"Mailbox",
       {"MailboxPrimaryAddress", "DisplayName", "Upn", "ExternalDirectoryObjectId", "RiskLevel"}},
      {"MailCluster",
       {"NetworkMessageIds",
        "CountByDeliveryStatus",
        "CountByThreatType",
        "CountByProtectionStatus",
        "Threats",
        "Query",
        "QueryTime",
        "MailCount",
        "IsVolumeAnomaly",
        "Source",
        "ClusterSourceIdentifier",
        "ClusterSourceType",
        "ClusterQueryStartTime",
        "ClusterQueryEndTime",
        "ClusterGroup"}},
      {"MailMessage",
       {"Recipient",
        "Urls",
        "Threats",
        "Sender",
        "P1Sender",
        "P1SenderDisplayName",
        "P1SenderDomain",
        "SenderIP",
        "P2Sender",
        "P2SenderDisplayName",
        "P2SenderDomain",
        "ReceivedDate",
        "NetworkMessageId",
        "InternetMessageId",
        "Subject",
        "BodyFingerprintBin1",
        "AntispamDirection",
        "DeliveryAction",
        "DeliveryLocation",
        "Language",
        "ThreatDetectionMethods"}},
      {"Malware", {"Name", "Category"}},
      {"Process", {"ProcessId", "CommandLine", "ElevationToken", "CreationTimeUtc"}},
      {"RegistryKey", {"Hive", "Key"}},
      {"RegistryValue", {"Name", "Value", "ValueType"}},
      {"SecurityGroup", {"DistinguishedName", "SID", "ObjectGuid"}},
      {"SubmissionMail",
       {"NetworkMessageId",
        "Timestamp",
        "Recipient",
        "Sender",
        "SenderIp",
        "Subject",
        "ReportType",
        "SubmissionId",
        "SubmissionDate",
        "Submitter"}},
      {"URL", {"Url"}},
  };
  return types;
}

const EntityType* FindEntityType(std::string_view name) {
  for (const EntityType& type : EntityTypes()) {
    bool is_same = std::equal(
        type.name.begin(),
        type.name.end(),
        name.begin(),
        name.end(),
        [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
    if (is_same)
      return &type;
  }
  return nullptr;
}

const std::vector<std::string>& Tactics() {
  static const std::vector<std::string> tactics = {"Reconnaissance",
                                                   "ResourceDevelopment",
                                                   "InitialAccess",
                                                   "Execution",
                                                   "Persistence",
                                                   "PrivilegeEscalation",
                                                   "DefenseEvasion",
                                                   "CredentialAccess",
                                                   "Discovery",
                                                   "LateralMovement",
                                                   "Collection",
                                                   "Exfiltration",
                                                   "CommandAndControl",
                                                   "Impact",
                                                   "PreAttack",
                                                   "ImpairProcessControl",
                                                   "InhibitResponseFunction"};
  return tactics;
}

}  // namespace keywatch::rule
