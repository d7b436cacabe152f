#include "app/coverage/coverage.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

namespace keywatch::app {
namespace {

const std::vector<rule::CompiledRule>& ShippedRules() {
  static const auto* rules = [] {
    auto* compiled = new std::vector<rule::CompiledRule>();
    std::string folder = std::string(KEYWATCH_SOURCE_DIR) + "/rules";
    for (rule::LoadedRule& loaded :
         rule::LoadAndCompile({folder}, record::SchemaCatalog::Builtin())) {
      EXPECT_TRUE(loaded.compiled) << loaded.report;
      if (loaded.compiled)
        compiled->push_back(std::move(*loaded.compiled));
    }
    return compiled;
  }();
  return *rules;
}

std::string NameOf(size_t rule) {
  return std::filesystem::path(ShippedRules()[rule].rule.path).stem().string();
}

const OperationCoverage& Find(const Coverage& coverage, std::string_view name, bool hsm) {
  auto found = std::find_if(
      coverage.operations.begin(), coverage.operations.end(), [&](const OperationCoverage& each) {
        return each.name == name && each.hsm == hsm;
      });
  EXPECT_NE(found, coverage.operations.end()) << name;
  return *found;
}

std::set<std::string> Watching(const OperationCoverage& operation) {
  std::set<std::string> names;
  for (const auto& [rule, watch] : operation.rules)
    names.insert(NameOf(rule));
  return names;
}

TEST(Coverage, RulesOfAnOperationAndRulesOfAll) {
  Coverage coverage = CoverageProbe(ShippedRules()).Known();
  for (bool hsm : {false, true}) {
    std::set<std::string> release = Watching(Find(coverage, "KeyRelease", hsm));
    EXPECT_TRUE(release.contains("key_release_spike")) << hsm;
    EXPECT_TRUE(release.contains("key_release_new_principal")) << hsm;
    EXPECT_FALSE(release.contains("backup_new_ip")) << hsm;
    EXPECT_FALSE(release.contains("repeated_403_by_caller")) << "it looks at every operation";
  }
  std::set<std::string> general;
  for (size_t rule : coverage.general)
    general.insert(NameOf(rule));
  EXPECT_TRUE(general.contains("repeated_403_by_caller"));
  EXPECT_FALSE(general.contains("key_release_spike"));
}

TEST(Coverage, WhatALogHasButNobodyKnows) {
  CoverageProbe probe(ShippedRules());
  EXPECT_TRUE(probe.Seen("Teleport", true).rules.empty());
  EXPECT_FALSE(probe.Seen("keybackup", false).rules.empty());
}

// Reading of what is no secret, notices of the service, and the status of what a rule watches
// already. Everything else has a rule that names it.
bool NeedsNoRule(const std::string& name) {
  static const std::set<std::string> others = {
      "Authentication",  // the challenge before a session
      "KeyRotateIfDue",  // by the service itself
      "GetPrivateLinkResources",
      "GetPrivateEndpointConnectionProxy",
      "PutPrivateEndpointConnectionProxy",  // asked for by the network, decided in the activity log
      "PostPrivateEndpointConnectionProxyValidate",
      "ListPrivateEndpointConnections",
      "ListNetworkSecurityPerimeterConfiguration",
      "CertificateIssuersList",
  };
  if (others.contains(name) || name.ends_with("EventGridNotification"))
    return true;
  for (const char* end : {"List",
                          "ListVersions",
                          "ListDeleted",
                          "GetDeleted",
                          "PolicyGet",
                          "StatusGet",
                          "Status",
                          "ContactsGet",
                          "IssuerGet",
                          "PendingGet",
                          "VaultGet",
                          "ManagedHsmGet",
                          "RoleAssignmentGet",
                          "RoleDefinitionGet",
                          "KeyGet",
                          "CertificateGet"}) {
    if (name.ends_with(end))
      return true;
  }
  return false;
}

TEST(Coverage, EveryOperationThatMattersHasARule) {
  std::set<std::string> groups;
  for (const OperationCoverage& operation : CoverageProbe(ShippedRules()).Known().operations) {
    if (!operation.rules.empty())
      groups.insert(operation.group);
    EXPECT_TRUE(!operation.rules.empty() || NeedsNoRule(operation.name))
        << operation.group << ": no rule watches " << operation.name
        << (operation.hsm ? " of a Managed HSM" : " of a vault");
  }
  for (const KnownOperation& known : KnownOperations()) {
    bool by_any = known.group == "requests that fail";  // by rules on whatever operation
    EXPECT_TRUE(by_any || groups.contains(std::string(known.group))) << known.group;
  }
}

TEST(Coverage, OperationsAreListedOnceForEachKindOfService) {
  std::set<std::pair<std::string, bool>> seen;
  for (const OperationCoverage& operation : CoverageProbe(ShippedRules()).Known().operations)
    EXPECT_TRUE(seen.emplace(operation.name, operation.hsm).second) << operation.name;
}

}  // namespace
}  // namespace keywatch::app
