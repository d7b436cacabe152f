#include "tests/bench/generated_rules.h"

#include <array>
#include <random>

#include <fmt/format.h>

#include "tests/bench/decode_records.h"

namespace keywatch::bench {
namespace {

using Kind = Condition::Kind;

constexpr std::array<const char*, 6> kRare = {"KeyPurge",
                                              "SecretPurge",
                                              "SecurityDomainDownload",
                                              "BackupCreate",
                                              "RoleAssignmentsCreate",
                                              "KeyRestore"};
constexpr std::array<const char*, 4> kTools = {
    "mimikatz", "sqlmap", "AzureHound", "python-requests"};

Condition Text(Kind kind, std::string column, std::string text) {
  return {kind, std::move(column), {std::move(text)}, 0, false};
}
Condition Status(double status) { return {Kind::kEqual, "httpStatusCode_d", {}, status, true}; }

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

std::string ToKql(const Condition& condition) {
  const std::string& column = condition.column;
  switch (condition.kind) {
    case Kind::kEqual:
      return condition.is_number ? fmt::format("{} == {}", column, condition.number)
                                 : fmt::format("{} == {}", column, Quoted(condition.texts[0]));
    case Kind::kEqualFold:
      return fmt::format("{} =~ {}", column, Quoted(condition.texts[0]));
    case Kind::kContains:
      return fmt::format("{} contains {}", column, Quoted(condition.texts[0]));
    case Kind::kStartsWith:
      return fmt::format("{} startswith {}", column, Quoted(condition.texts[0]));
    case Kind::kAbove:
      return fmt::format("{} > {}", column, condition.number);
    case Kind::kIn: {
      std::string list;
      for (const std::string& text : condition.texts)
        list += (list.empty() ? "" : ", ") + Quoted(text);
      return fmt::format("{} in ({})", column, list);
    }
  }
  return "true";
}

}  // namespace

std::vector<GeneratedRule> GenerateRules(size_t count, bool stateless_only, unsigned seed) {
  std::mt19937_64 random(seed);
  auto pick = [&](size_t below) { return static_cast<size_t>(random() % below); };
  auto operation = [&] { return Text(Kind::kEqual, "OperationName", kOperations[pick(8)]); };
  std::vector<GeneratedRule> rules;
  for (size_t i = 0; rules.size() < count; ++i) {
    GeneratedRule rule;
    switch (stateless_only ? i % 6 : i % 10) {
      case 0:
        rule.all.push_back({Kind::kIn,
                            "OperationName",
                            {kRare[pick(6)], kRare[pick(6)], kOperations[pick(8)]},
                            0,
                            false});
        rule.all.push_back(Text(Kind::kEqualFold, "Resource", fmt::format("hsm-{}", pick(16))));
        rule.all.push_back(Status(403));
        break;
      case 1:
        rule.all.push_back(operation());
        rule.all.push_back(
            Text(Kind::kContains, "requestUri_s", fmt::format("/key-{}/", pick(2000))));
        break;
      case 2:
        rule.all.push_back(Text(
            Kind::kContains, "clientInfo_s", fmt::format("{}/{}", kTools[pick(4)], pick(100))));
        break;
      case 3:
        rule.all.push_back(Text(Kind::kEqual, "OperationName", kRare[pick(6)]));
        rule.all.push_back({Kind::kAbove, "DurationMs", {}, static_cast<double>(pick(400)), true});
        break;
      case 4:
        rule.all.push_back(Text(
            Kind::kStartsWith, "CallerIPAddress", fmt::format("20.{}.{}.", pick(12), pick(256))));
        rule.all.push_back(Status(403));
        rule.all.push_back(operation());
        break;
      case 5:
        rule.all.push_back(Text(Kind::kEqualFold,
                                "identity_claim_upn_s",
                                fmt::format("USER{}@contoso.example", pick(150))));
        rule.all.push_back(operation());
        rule.all.push_back(Status(403));
        break;
      case 9:
        rule.all.push_back(operation());
        rule.all.push_back(Text(Kind::kEqualFold, "Resource", fmt::format("vault-{}", pick(32))));
        rule.by = "identity_claim_upn_s";
        rule.baseline = true;
        break;
      default:
        rule.all.push_back(Status(403));
        rule.all.push_back(operation());
        if (i % 10 != 6)
          rule.all.push_back(Text(Kind::kEqualFold, "Resource", fmt::format("hsm-{}", pick(16))));
        rule.by = pick(2) == 0 ? "CallerIPAddress" : "identity_claim_appid_g";
        rule.count = 5 + pick(20);
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

rule::Rule ToSentinelRule(const GeneratedRule& generated, size_t number) {
  std::string where;
  for (const Condition& condition : generated.all)
    where += (where.empty() ? "" : " and ") + ToKql(condition);
  std::string query = "AzureDiagnostics\n| where " + where + "\n";
  const std::string& by = generated.by;
  if (generated.stateless()) {
    query += "| project TimeGenerated, OperationName, CallerIPAddress, CorrelationId\n";
  } else if (!generated.baseline) {
    query +=
        fmt::format("| summarize Hits = count() by {}\n| where Hits >= {}\n", by, generated.count);
  } else {
    query = fmt::format(
        "let Watched = AzureDiagnostics | where {0} | project TimeGenerated, {1};\n"
        "Watched\n| where TimeGenerated > ago(1h)\n"
        "| join kind=leftanti (Watched | where TimeGenerated <= ago(1h) | distinct {1}) on {1}\n",
        where,
        by);
  }
  rule::Rule rule;
  rule.path = "generated";
  rule.id = fmt::format("00000000-0000-4000-8000-{:012}", number);
  rule.sha256 = rule.id;
  rule.name = fmt::format("Generated {}", number);
  rule.query = {"generated", std::move(query), 1, 0};
  rule.query_frequency = record::kTicksPerHour;
  rule.query_period = (generated.baseline ? 14 * 24 : 1) * record::kTicksPerHour;
  return rule;
}

}  // namespace keywatch::bench
