#include "app/page/rules_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/page/alert_list_page.h"
#include "app/page/chart.h"
#include "app/page/format_text.h"
#include "app/page/layout.h"
#include "app/page/rule_text.h"

namespace keywatch::app::page {
namespace {

Html Learning(const pipeline::RuleReport& report, Ticks newest) {
  Html html;
  if (report.learning_until == 0)
    return html.Raw("<span class=\"dim\">–</span>");
  if (!report.learning)
    return Mark("good", "covered");
  double share = LearningShare(report, newest);
  std::string label = fmt::format("learning, {} of its window is covered", FormatShare(share));
  html.Add(ShareBar(share, label)).Raw(" <span class=\"small\">").Text(FormatShare(share));
  return html.Raw(", until ").Text(FormatTime(report.learning_until)).Raw("</span>");
}

Html Cost(const pipeline::WorkerView& worker, Ticks busy) {
  double share = CostShare(worker, busy);
  Html html = ShareBar(share, FormatShare(share) + " of the evaluation time");
  return html.Raw(" <span class=\"small\">").Text(FormatShare(share)).Raw("</span>");
}

Ticks LastAlert(const ServiceView& service, const std::string& rule_id) {
  auto found = service.last_alert.find(rule_id);
  return found == service.last_alert.end() ? 0 : found->second;
}

void Row(const ServiceView& service, const pipeline::RuleReport& report, Html* out) {
  const pipeline::WorkerView& worker = *service.worker;
  out->Raw("<tr data-row><th scope=\"row\"><a href=\"/rules/").Text(PercentEncode(report.rule->id));
  out->Raw("\">").Text(report.rule->name).Raw("</a></th><td>");
  out->Add(SeverityBadge(rule::Name(report.rule->severity)))
      .Raw("</td><td class=\"n\"><a href=\"/");
  AlertFilter own;
  own.rule_id = report.rule->id;
  out->Text(ToQuery(own)).Raw("\">").Text(FormatCount(report.alerts)).Raw("</a></td><td>");
  out->Add(TimeWithAge(LastAlert(service, report.rule->id), service.now));
  out->Raw("</td><td class=\"n\">").Text(FormatCount(report.state_rows));
  out->Raw("</td><td class=\"n\">").Text(FormatCount(report.state_partitions));
  out->Raw("</td><td class=\"n\">")
      .Text(FormatCount(report.late_rows))
      .Raw("</td><td class=\"n\">");
  if (report.evictions > 0) {
    out->Add(Mark("bad", FormatCount(report.evictions)));
  } else {
    out->Raw("0");
  }
  out->Raw("</td><td>").Add(Learning(report, worker.newest_event)).Raw("</td><td>");
  out->Add(Cost(worker, report.busy)).Raw("</td></tr>");
}

Html Table(const ServiceView& service) {
  Html html;
  html.Raw("<table><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Severity</th>");
  html.Raw("<th scope=\"col\" class=\"n\">Alerts</th><th scope=\"col\">Last alert</th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Records that the rule holds\">Rows</abbr></th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Callers, addresses, .. that it tells "
      "apart\">Groups</abbr></th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Rows that came behind the "
      "watermark\">Late</abbr></th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Groups forgotten at the bound of its state: "
      "findings may be missed\">Forgotten</abbr></th>");
  html.Raw("<th scope=\"col\">Baseline</th><th scope=\"col\">Time</th></tr></thead><tbody>");
  for (const pipeline::RuleReport& report : service.worker->rules)
    Row(service, report, &html);
  html.Raw("<tr class=\"sum\"><th scope=\"row\">The scan that all rules share</th>");
  html.Raw("<td></td><td></td><td></td><td></td><td></td><td></td><td></td><td></td><td>");
  html.Add(Cost(*service.worker, service.worker->scan_time));
  return html.Raw("</td></tr></tbody></table>");
}

void Fact(std::string_view name, const Html& value, Html* out) {
  out->Raw("<div><dt>").Text(name).Raw("</dt><dd>").Add(value).Raw("</dd></div>");
}

Html Plain(std::string_view text) {
  Html html;
  return html.Text(text);
}

}  // namespace

double CostShare(const pipeline::WorkerView& worker, Ticks busy) {
  Ticks all = worker.scan_time;
  for (const pipeline::RuleReport& report : worker.rules)
    all += report.busy;
  return all <= 0 ? 0 : static_cast<double>(busy) / static_cast<double>(all);
}

double LearningShare(const pipeline::RuleReport& report, Ticks newest) {
  if (!report.learning)
    return 1;
  auto whole = static_cast<double>(report.learning_until - report.learning_since);
  return whole <= 0
             ? 1
             : std::clamp(static_cast<double>(newest - report.learning_since) / whole, 0.0, 1.0);
}

Html RulesPage(const ServiceView& service) {
  Html html;
  html.Raw("<h1>Rules</h1><section id=\"rules\" data-live aria-label=\"Rules\">");
  if (service.worker == nullptr) {
    html.Raw("<p class=\"empty\">The state is being restored.</p>");
  } else {
    html.Add(ScrollTable("Rules", Table(service)));
    html.Raw(
        "<p class=\"dim\">Alerts, rows and groups since the rule's state began; time since the ");
    html.Raw(
        "process started, as a part of all evaluation. A rule against a baseline raises nothing ");
    html.Raw("until records cover its window (<code>rules.learning</code>).</p>");
  }
  return Layout(service, Section::kRules, "Rules", html.Raw("</section>"));
}

Html RulePage(const ServiceView& service,
              const pipeline::RuleReport& report,
              const AlertList& recent) {
  const rule::Rule& rule = *report.rule;
  Html html;
  html.Raw(
      "<p class=\"back\"><a href=\"/rules\" data-back>← Rules</a></p><article><header "
      "class=\"story\"><h1>");
  html.Text(rule.name).Raw("</h1><p>").Add(SeverityBadge(rule::Name(rule.severity))).Raw("</p>");
  html.Raw("<p class=\"tags\">");
  for (const auto* tags : {&rule.tactics, &rule.techniques}) {
    for (const std::string& tag : *tags)
      html.Raw("<span class=\"tag\">").Text(tag).Raw("</span>");
  }
  html.Raw("</p><p class=\"description\">").Text(rule.description).Raw("</p><p>");
  html.Text(TriggerText(rule)).Raw("</p></header><dl id=\"rule-facts\" data-live class=\"facts\">");
  Fact("Alerts", Plain(FormatCount(report.alerts)), &html);
  Fact("Last alert", TimeWithAge(LastAlert(service, rule.id), service.now), &html);
  Fact("Rows held", Plain(FormatCount(report.state_rows)), &html);
  Fact("Groups", Plain(FormatCount(report.state_partitions)), &html);
  Fact("Baseline", Learning(report, service.worker->newest_event), &html);
  Fact("Time", Cost(*service.worker, report.busy), &html);
  html.Raw("</dl><section aria-labelledby=\"query\"><h2 id=\"query\">Query</h2>");
  html.Raw("<pre class=\"query\" tabindex=\"0\">")
      .Text(rule.query.text)
      .Raw("</pre><p class=\"dim\">");
  html.Text(fmt::format("{}, version {}, {}", rule.id, rule.version, rule.path));
  html.Raw("</p></section><section id=\"alerts\" data-live aria-labelledby=\"recent\">");
  html.Raw("<h2 id=\"recent\">Latest alerts</h2>");
  if (recent.alerts.empty()) {
    html.Raw("<p class=\"empty\">None in the history that was searched.</p>");
  } else {
    html.Add(AlertTable(recent, service.now)).Raw("<p><a href=\"/");
    AlertFilter all;
    all.rule_id = rule.id;
    html.Text(ToQuery(all)).Raw("\">All of this rule</a></p>");
  }
  return Layout(service, Section::kRules, rule.name, html.Raw("</section></article>"));
}

}  // namespace keywatch::app::page
