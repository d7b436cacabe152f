// The operations in generated traffic, by their documented names.
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

}  // namespace keywatch::generate::operations
