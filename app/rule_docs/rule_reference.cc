#include "app/rule_docs/rule_reference.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/rule/duration.h"
#include "engine/rule/rule_parameters.h"
#include "engine/rule/rule_search.h"

namespace keywatch::app {
namespace {

std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

// `text` as code, in a table too. Markdown knows no escape inside code but a longer fence.
std::string Code(std::string_view text) {
  std::string line = OneLine(text);
  for (size_t at = line.find('|'); at != std::string::npos; at = line.find('|', at + 2))
    line.insert(at, "\\");
  return line.find('`') == std::string::npos ? "`" + line + "`" : "`` " + line + " ``";
}

// Text of a rule file, which is no Markdown, outside of its `code`.
std::string Plain(std::string_view text) {
  std::string out;
  bool code = false;
  for (char c : text) {
    code = code != (c == '`');
    if (!code && c == '<')
      out += "&lt;";
    else if (!code && (c == '*' || c == '|' || c == '['))
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

// "Why it matters: .." begins a paragraph: a few words and a colon.
bool IsPart(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon > 20 || line[0] < 'A' || line[0] > 'Z')
    return false;
  return std::all_of(line.begin(), line.begin() + static_cast<ptrdiff_t>(colon), [](char c) {
    return c == ' ' || std::isalpha(static_cast<unsigned char>(c)) != 0;
  });
}

std::string Paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (IsPart(line) && !out.empty()) {
      const size_t colon = line.find(':');
      out += fmt::format("\n**{}**{}\n", line.substr(0, colon + 1), Plain(line.substr(colon + 1)));
    } else {
      out += Plain(line) + "\n";
    }
  }
  return out;
}

std::string FileName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

// As a heading's place is named on GitHub and GitLab.
std::string Anchor(std::string_view heading) {
  std::string out;
  for (char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (c == ' ')
      out += '-';
  }
  return out;
}

std::string TechniqueLink(std::string id) {
  std::string path = id;
  if (size_t dot = path.find('.'); dot != std::string::npos)
    path[dot] = '/';
  return fmt::format("[{}](https://attack.mitre.org/techniques/{}/)", id, path);
}

std::string Techniques(const rule::Rule& rule) {
  std::vector<std::string> links;
  for (const std::string& id : rule.techniques)
    links.push_back(TechniqueLink(id));
  return fmt::format("{}", fmt::join(links, ", "));
}

std::set<std::string> TablesOf(const rule::CompiledRule& rule) {
  std::set<std::string> tables;
  for (const delta::BranchPlan& branch : rule.delta.branches) {
    for (const delta::LeafPlan& leaf : branch.leaves)
      tables.insert(leaf.table);
  }
  return tables;
}

std::string Severity(const rule::Rule& rule) {
  std::string name = rule::Name(rule.severity);
  return rule.alert_override.severity_column ? name + "\\*" : name;
}

std::string Parameters(const rule::Rule& rule) {
  std::vector<std::string> all;
  for (const rule::RuleParameter& parameter : rule::LetsOf(rule.query).parameters) {
    constexpr size_t kShort = 24;
    std::string value = OneLine(parameter.value);
    all.push_back(
        Code(value.size() > kShort ? parameter.name + " = .." : parameter.name + " = " + value));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

std::string Raises(const rule::CompiledRule& rule, record::Ticks lateness) {
  record::Ticks wait = rule::LongestWait(rule, lateness);
  return wait == 0 ? "on arrival" : "after " + rule::FormatDuration(wait);
}

std::string Entities(const rule::Rule& rule) {
  std::vector<std::string> all;
  for (const rule::EntityMapping& mapping : rule.entity_mappings) {
    std::vector<std::string> fields;
    for (const rule::EntityField& field : mapping.fields)
      fields.push_back(fmt::format("{} from `{}`", field.identifier, field.column.value));
    all.push_back(fmt::format("{} ({})", mapping.type, fmt::join(fields, ", ")));
  }
  return all.empty() ? "none" : fmt::format("{}", fmt::join(all, ", "));
}

void AppendTable(const std::vector<DocumentedRule>& rules,
                 const ReferenceOptions& options,
                 std::string* out) {
  *out +=
      "| rule | severity | records of | tactics | techniques | raises | parameters |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const DocumentedRule& documented : rules) {
    const rule::Rule& rule = documented.compiled->rule;
    *out += fmt::format("| [{}](#{}) | {} | {} | {} | {} | {} | {} |\n",
                        Plain(rule.name),
                        Anchor(rule.name),
                        Severity(rule),
                        fmt::join(documented.services, ", "),
                        fmt::join(rule.tactics, ", "),
                        Techniques(rule),
                        Raises(*documented.compiled, options.lateness),
                        Parameters(rule));
  }
}

std::string LinkTo(const std::string& path, const ReferenceOptions& options) {
  const std::filesystem::path folder = std::filesystem::absolute(options.folder);
  return std::filesystem::absolute(path).lexically_normal().lexically_relative(
      folder.lexically_normal());
}

void AppendParameters(const rule::Rule& rule, std::string* out) {
  const std::vector<rule::RuleParameter> parameters = rule::LetsOf(rule.query).parameters;
  if (parameters.empty())
    return;
  *out += "\n| parameter | value | |\n|---|---|---|\n";
  for (const rule::RuleParameter& parameter : parameters) {
    *out += fmt::format(
        "| `{}` | {} | {} |\n", parameter.name, Code(parameter.value), Plain(parameter.comment));
  }
}

void AppendSection(const DocumentedRule& documented,
                   const ReferenceOptions& options,
                   std::string* out) {
  const rule::Rule& rule = documented.compiled->rule;
  const std::string link = LinkTo(rule.path, options);
  *out += fmt::format("\n### {}\n\n", Plain(rule.name));
  *out += Paragraphs(rule.description);
  AppendParameters(rule, out);
  *out += fmt::format("\n- Severity: {}{}\n",
                      rule::Name(rule.severity),
                      rule.alert_override.severity_column
                          ? fmt::format(", or what the column `{}` says",
                                        rule.alert_override.severity_column->value)
                          : "");
  *out += fmt::format("- Schedule: {}\n",
                      rule.kind == rule::Kind::kNrt
                          ? "near real time"
                          : fmt::format("every {} over the last {}",
                                        rule::FormatDuration(rule.query_frequency),
                                        rule::FormatDuration(rule.query_period)));
  *out += fmt::format("- Reads: `{}`{}\n",
                      fmt::join(TablesOf(*documented.compiled), "`, `"),
                      rule.enabled ? "" : "; disabled");
  *out += fmt::format("- Entities: {}\n", Entities(rule));
  *out += fmt::format("- File: [{}]({}), id `{}`", FileName(link), link, rule.id);
  if (documented.tests > 0) {
    const std::string tests = rule::TestFileOf(link);
    *out += fmt::format("; {} {} in [{}]({})",
                        documented.tests,
                        documented.tests == 1 ? "test" : "tests",
                        FileName(tests),
                        tests);
  } else {
    *out += "; no test";
  }
  *out += "\n";
}

}  // namespace

std::string RuleReference(const std::vector<DocumentedRule>& rules,
                          const ReferenceOptions& options) {
  std::string out = fmt::format(
      "<!-- Made by `keywatch rules docs`: do not edit. -->\n"
      "# Rules\n\n"
      "What `keywatch rules docs` says of {} {}: everything here stands in their files.\n\n"
      "*Raises*: on arrival of the deciding record, or how long after it, with an allowed lateness "
      "of {}. *Parameters* are the constants at the top of the query; `keywatch rules sweep` shows "
      "what other values would have raised. A severity with \\* depends on what was found.\n\n",
      rules.size(),
      rules.size() == 1 ? "rule" : "rules",
      rule::FormatDuration(options.lateness));
  AppendTable(rules, options, &out);
  out += "\n## Each rule\n";
  for (const DocumentedRule& documented : rules)
    AppendSection(documented, options, &out);
  return out;
}

}  // namespace keywatch::app
