#include "app/page/alert_list_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/page/chart.h"
#include "app/page/format_text.h"
#include "app/page/layout.h"
#include "engine/rule/rule.h"

namespace keywatch::app::page {
namespace {

constexpr size_t kEntitiesShown = 4;

void Fact(std::string_view name, const Html& value, Html* out) {
  out->Raw("<div><dt>").Text(name).Raw("</dt><dd>").Add(value).Raw("</dd></div>");
}

Html Plain(std::string_view text) {
  Html html;
  return html.Text(text);
}

Html AlertsLastHour(const std::vector<Minute>& minutes) {
  uint64_t all = 0;
  uint64_t high = 0;
  for (size_t i = minutes.size() > 60 ? minutes.size() - 60 : 0; i < minutes.size(); ++i) {
    all += minutes[i].AllAlerts();
    high += minutes[i].alerts[static_cast<size_t>(rule::AlertSeverity::kHigh)];
  }
  Html html = Plain(FormatCount(all));
  if (high > 0)
    html.Raw(" <small>").Text(FormatCount(high)).Raw(" high</small>");
  return html;
}

Html Undelivered(const ServiceView& service) {
  int64_t queued = 0;
  bool healthy = true;
  for (const pipeline::SinkHealth& sink : service.sinks) {
    queued += sink.queued;
    healthy = healthy && sink.healthy;
  }
  Html html = Plain(FormatCount(static_cast<uint64_t>(std::max<int64_t>(queued, 0))));
  if (!healthy)
    html.Raw(" <small>").Add(Mark("bad", "sink fails")).Raw("</small>");
  return html;
}

// The lag of all sources together; unknown where none can tell.
Html Lag(const pipeline::WorkerView& worker) {
  int64_t lag = -1;
  for (const pipeline::SourceView& source : worker.sources) {
    if (source.health.lag_records >= 0)
      lag = std::max<int64_t>(lag, 0) + source.health.lag_records;
  }
  return Plain(lag < 0 ? "unknown" : FormatCount(static_cast<uint64_t>(lag)) + " records");
}

Html Facts(const ServiceView& service) {
  Html html;
  html.Raw("<dl id=\"facts\" data-live class=\"facts\">");
  Fact("Alerts, last hour", AlertsLastHour(service.minutes), &html);
  if (service.minutes.size() >= 2) {
    uint64_t rate = service.minutes[service.minutes.size() - 2].records;
    Fact("Records, last minute", Plain(FormatCount(rate)), &html);
  }
  if (service.worker != nullptr) {
    const pipeline::WorkerView& worker = *service.worker;
    Fact("Behind the sources", Lag(worker), &html);
    Fact("Complete up to", TimeWithAge(worker.watermark, service.now), &html);
    auto learning = std::count_if(
        worker.rules.begin(), worker.rules.end(), [](const auto& rule) { return rule.learning; });
    Html rules = Plain(FormatCount(worker.rules.size()));
    if (learning > 0)
      rules.Raw(" <small>").Text(std::to_string(learning)).Raw(" learning</small>");
    Fact("Rules", rules, &html);
    Html blind;
    blind.Raw("<a href=\"/sources#blind\">").Text(FormatCount(worker.blind.size())).Raw("</a>");
    Fact("Blind intervals", blind, &html);
  }
  Fact("Undelivered", Undelivered(service), &html);
  return html.Raw("</dl>");
}

void Option(const std::string& value, std::string_view text, const std::string& chosen, Html* out) {
  out->Raw("<option value=\"").Text(value).Raw("\"");
  if (value == chosen)
    out->Raw(" selected");
  out->Raw(">").Text(text).Raw("</option>");
}

Html RuleOptions(const ServiceView& service, const std::string& chosen) {
  Html html;
  Option("", "any rule", chosen, &html);
  bool known = chosen.empty();
  if (service.worker != nullptr) {
    for (const pipeline::RuleReport& report : service.worker->rules) {
      Option(report.rule->id, report.rule->name, chosen, &html);
      known = known || report.rule->id == chosen;
    }
  }
  if (!known)
    Option(chosen, chosen, chosen, &html);
  return html;
}

Html FilterForm(const ServiceView& service, const AlertFilter& filter) {
  Html html;
  html.Raw(
      "<form id=\"filter\" class=\"filter\" role=\"search\" aria-label=\"Alerts\" action=\"/\">");
  html.Raw("<label><span>Search</span><input type=\"search\" name=\"text\" id=\"search\" ");
  html.Raw("placeholder=\"caller, address, operation …\" value=\"")
      .Text(filter.text)
      .Raw("\"></label>");
  html.Raw("<label><span>Severity</span><select name=\"severity\">");
  std::string chosen = fmt::format("{}", fmt::join(filter.severities, ","));
  Option("", "any severity", chosen, &html);
  static const std::pair<const char*, const char*> kChoices[] = {
      {"High", "High"},
      {"High,Medium", "Medium and above"},
      {"High,Medium,Low", "Low and above"},
      {"Medium", "Medium only"},
      {"Low", "Low only"},
      {"Informational", "Informational only"},
  };
  bool known = chosen.empty();
  for (const auto& [value, text] : kChoices) {
    Option(value, text, chosen, &html);
    known = known || chosen == value;
  }
  if (!known)
    Option(chosen, chosen, chosen, &html);
  html.Raw("</select></label><label><span>Rule</span><select name=\"rule\">");
  html.Add(RuleOptions(service, filter.rule_id)).Raw("</select></label>");
  html.Raw(
      "<label><span>Resource</span><input name=\"resource\" placeholder=\"vault or HSM\" value=\"");
  html.Text(filter.resource).Raw("\"></label><button>Apply</button>");
  return html.Raw("<a class=\"clear\" href=\"/\">Clear</a></form>");
}

Html FewEntities(const AlertView& alert) {
  Html html;
  size_t shown = 0;
  for (const EntityView& entity : alert.entities) {
    for (const auto& [name, value] : entity.identifiers) {
      if (value.empty())
        continue;
      if (shown++ == kEntitiesShown)
        return html.Raw("<span class=\"dim\">…</span>");
      html.Raw("<span class=\"entity\"><b>").Text(entity.type).Raw("</b> <bdi>");
      html.Text(name == "ResourceId" ? ShortResource(value) : std::string_view(value));
      html.Raw("</bdi></span>");
    }
  }
  return html;
}

// "sent", or how many of the sinks have not got it.
Html DeliveryState(const std::vector<state::DeliveryState>& deliveries) {
  size_t accepted = 0;
  size_t dead = 0;
  for (const state::DeliveryState& delivery : deliveries) {
    accepted += delivery.state == "accepted" ? 1 : 0;
    dead += delivery.state == "dead" ? 1 : 0;
  }
  if (deliveries.empty())
    return Mark("dim", "no sink");
  if (dead > 0)
    return Mark("bad", fmt::format("{} given up", dead));
  if (accepted == deliveries.size())
    return Mark("good", "sent");
  return Mark("warn", fmt::format("{} of {} sent", accepted, deliveries.size()));
}

void Row(const AlertEntry& entry, Ticks now, Html* out) {
  const AlertView& alert = entry.view;
  out->Raw("<tr role=\"row\" data-row data-seq=\"")
      .Text(std::to_string(entry.stored.seq))
      .Raw("\">");
  out->Raw("<td role=\"cell\" class=\"c-severity\">").Add(SeverityBadge(entry.stored.severity));
  out->Raw("</td><td role=\"cell\" class=\"c-time\">").Add(TimeWithAge(entry.stored.created, now));
  out->Raw("</td><td role=\"cell\" class=\"c-title\"><a href=\"/alerts/");
  out->Text(PercentEncode(entry.stored.id)).Raw("\"><bdi>");
  out->Text(alert.title.empty() ? "(alert without a title)" : alert.title);
  out->Raw("</bdi></a><div class=\"entities\">").Add(FewEntities(alert)).Raw("</div></td>");
  out->Raw("<td role=\"cell\" class=\"c-rule\"><a href=\"/rules/");
  out->Text(PercentEncode(entry.stored.rule_id)).Raw("\">");
  out->Text(alert.rule_name.empty() ? entry.stored.rule_id : alert.rule_name);
  out->Raw("</a></td><td role=\"cell\" class=\"c-sent\">").Add(DeliveryState(entry.deliveries));
  out->Raw("</td></tr>");
}

Html Paging(const AlertList& list) {
  Html html;
  html.Raw("<nav class=\"paging\" aria-label=\"More alerts\">");
  if (list.filter.before > 0) {
    AlertFilter newest = list.filter;
    newest.before = 0;
    html.Raw("<a href=\"/").Text(ToQuery(newest)).Raw("\">Newest</a>");
  }
  if (!list.at_end) {
    AlertFilter older = list.filter;
    older.before = list.next_before;
    html.Raw("<a rel=\"next\" href=\"/").Text(ToQuery(older)).Raw("\">Older</a>");
    if (list.alerts.size() < list.filter.limit)
      html.Raw("<span class=\"dim\">searched a part of the history so far</span>");
  }
  return html.Raw("</nav>");
}

}  // namespace

Html AlertTable(const AlertList& list, Ticks now) {
  Html html;
  html.Raw("<table class=\"alerts\" role=\"table\" aria-label=\"Alerts, newest first\">");
  html.Raw(
      "<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
      "scope=\"col\">Severity</th>");
  html.Raw(
      "<th role=\"columnheader\" scope=\"col\">Raised</th><th role=\"columnheader\" "
      "scope=\"col\">Alert</th>");
  html.Raw(
      "<th role=\"columnheader\" scope=\"col\">Rule</th><th role=\"columnheader\" "
      "scope=\"col\">Delivery</th>");
  html.Raw("</tr></thead><tbody role=\"rowgroup\">");
  for (const AlertEntry& entry : list.alerts)
    Row(entry, now, &html);
  return html.Raw("</tbody></table>");
}

Html AlertListPage(const ServiceView& service, const AlertList& list, std::string_view problem) {
  Html html;
  html.Raw("<h1 class=\"unseen\">Alerts</h1>").Add(Facts(service));
  html.Raw("<div id=\"charts\" data-live class=\"charts\">").Add(RecordsChart(service.minutes));
  html.Add(AlertsChart(service.minutes)).Raw("</div>").Add(FilterForm(service, list.filter));
  html.Raw("<section id=\"alerts\" data-live aria-label=\"Alerts\">");
  if (!problem.empty())
    html.Raw("<div class=\"notice bad\" role=\"status\">").Text(problem).Raw("</div>");
  if (list.alerts.empty() && problem.empty()) {
    html.Raw("<p class=\"empty\">");
    if (list.filter.IsNarrow()) {
      html.Raw("No alert fits this filter.");
    } else {
      html.Raw("No alert so far. They appear here as they are raised.");
    }
    html.Raw("</p>");
  } else if (!list.alerts.empty()) {
    html.Add(AlertTable(list, service.now));
  }
  html.Add(Paging(list)).Raw("</section>");
  return Layout(service, Section::kAlerts, "Alerts", html);
}

}  // namespace keywatch::app::page
