// The operations in generated traffic, by their documented names. Where Microsoft publishes none
// (roles, restores, uploads and EKM settings of a Managed HSM) the name is inferred; the paths are
// those of the REST interface.
#pragma once

#include "app/generate/audit_record.h"

namespace keywatch::generate::operations {

inline constexpr Operation kAuthentication{"Authentication", "", "", ""};
inline constexpr Operation kVaultGet{"VaultGet", "", "", "read"};
inline constexpr Operation kSecretGet{"SecretGet", "", "secrets get", "secrets/getSecret/action"};
inline constexpr Operation kSecretList{
    "SecretList", "", "secrets list", "secrets/readMetadata/action"};
inline constexpr Operation kSecretSet{"SecretSet", "", "secrets set", "secrets/setSecret/action"};
inline constexpr Operation kKeyGet{"KeyGet", "", "keys get", "keys/read"};
inline constexpr Operation kKeyList{"KeyList", "", "keys list", "keys/read"};
inline constexpr Operation kKeySign{"KeySign", "/sign", "keys sign", "keys/sign/action"};
inline constexpr Operation kKeyVerify{"KeyVerify", "/verify", "keys verify", "keys/verify/action"};
inline constexpr Operation kKeyWrap{"KeyWrap", "/wrapkey", "keys wrapKey", "keys/wrap/action"};
inline constexpr Operation kKeyUnwrap{
    "KeyUnwrap", "/unwrapkey", "keys unwrapKey", "keys/unwrap/action"};
inline constexpr Operation kKeyEncrypt{
    "KeyEncrypt", "/encrypt", "keys encrypt", "keys/encrypt/action"};
inline constexpr Operation kKeyDecrypt{
    "KeyDecrypt", "/decrypt", "keys decrypt", "keys/decrypt/action"};
inline constexpr Operation kCertificateGet{
    "CertificateGet", "", "certificates get", "certificates/read"};
inline constexpr Operation kKeyRelease{
    "KeyRelease", "/release", "keys release", "keys/release/action"};
inline constexpr Operation kKeyBackup{"KeyBackup", "/backup", "keys backup", "keys/backup/action"};
inline constexpr Operation kBackupCreate{"BackupCreate", "", "", "backup/start/action"};
inline constexpr Operation kBackupStatus{"BackupStatus", "/pending", "", "backup/status/action"};
inline constexpr Operation kSecurityDomainBackup{
    "SecurityDomainBackup", "", "", "securitydomain/download/action"};
inline constexpr Operation kSecurityDomainBackupStatusGet{
    "SecurityDomainBackupStatusGet", "/pending", "", "securitydomain/download/read"};

inline constexpr Operation kAccessPolicyMerge{"AccessPolicyMerge", "", "", ""};
inline constexpr Operation kVaultPut{"VaultPut", "", "", ""};
inline constexpr Operation kVaultPatch{"VaultPatch", "", "", ""};
inline constexpr Operation kVaultDelete{"VaultDelete", "", "", ""};
inline constexpr Operation kSecretDelete{"SecretDelete", "", "secrets delete", "secrets/delete"};
inline constexpr Operation kSecretBackup{
    "SecretBackup", "/backup", "secrets backup", "secrets/backup/action"};
inline constexpr Operation kSecretListVersions{
    "SecretListVersions", "/versions", "secrets list", "secrets/readMetadata/action"};
inline constexpr Operation kSecretPurge{"SecretPurge", "", "secrets purge", "secrets/purge/action"};
inline constexpr Operation kKeyCreate{"KeyCreate", "/create", "keys create", "keys/create/action"};
inline constexpr Operation kKeyImport{"KeyImport", "", "keys import", "keys/import/action"};
inline constexpr Operation kKeyUpdate{"KeyUpdate", "", "keys update", "keys/update/action"};
inline constexpr Operation kKeyRotate{"KeyRotate", "/rotate", "keys rotate", "keys/rotate/action"};
inline constexpr Operation kKeyRestore{"KeyRestore", "", "keys restore", "keys/restore/action"};
inline constexpr Operation kKeyDelete{"KeyDelete", "", "keys delete", "keys/delete"};
inline constexpr Operation kKeyPurge{"KeyPurge", "", "keys purge", "keys/purge/action"};
inline constexpr Operation kKeyListVersions{
    "KeyListVersions", "/versions", "keys list", "keys/read"};
inline constexpr Operation kCertificateList{
    "CertificateList", "", "certificates list", "certificates/read"};
inline constexpr Operation kCertificateRenew{
    "CertificateRenew", "/renew", "certificates update", "certificates/update/action"};
inline constexpr Operation kCertificateIssuerSet{
    "CertificateIssuerSet", "", "certificates setissuers", "certificatecas/write"};
inline constexpr Operation kCertificateContactsSet{
    "CertificateContactsSet", "", "certificates managecontacts", "certificatecontacts/write"};
inline constexpr Operation kCertificateBackup{
    "CertificateBackup", "/backup", "certificates backup", "certificates/backup/action"};
inline constexpr Operation kManagedHsmDelete{"ManagedHsmDelete", "", "", ""};
inline constexpr Operation kRoleAssignmentCreate{"RoleAssignmentCreate", "", "", ""};
inline constexpr Operation kRoleAssignmentDelete{"RoleAssignmentDelete", "", "", ""};
inline constexpr Operation kRoleAssignmentList{"RoleAssignmentList", "", "", ""};
inline constexpr Operation kRoleDefinitionCreate{"RoleDefinitionCreate", "", "", ""};
inline constexpr Operation kSecurityDomainUpload{"SecurityDomainUpload", "", "", ""};
inline constexpr Operation kRestoreCreate{"RestoreCreate", "", "", ""};
inline constexpr Operation kSettingUpdate{"SettingUpdate", "", "", ""};
inline constexpr Operation kEkmConnectionUpdate{"EkmConnectionUpdate", "", "", ""};
inline constexpr Operation kEkmProxyOperation{"EkmProxyOperation", "", "", ""};

}  // namespace keywatch::generate::operations
