#include "app/page/alert_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/page/chart.h"
#include "app/page/format_text.h"
#include "app/page/json_slices.h"
#include "app/page/layout.h"
#include "app/page/rule_text.h"

namespace keywatch::app::page {
namespace {

// How each sink's state reads, and its colour.
Html DeliveryMark(const std::string& state) {
  if (state == "accepted")
    return Mark("good", "accepted");
  if (state == "dead")
    return Mark("bad", "given up");
  if (state == "parked")
    return Mark("dim", "parked: sink not configured");
  return Mark("warn", "pending");
}

void Tags(const std::vector<std::string>& tags, Html* out) {
  for (const std::string& tag : tags)
    out->Raw("<span class=\"tag\">").Text(tag).Raw("</span>");
}

Html Heading(const AlertEntry& entry, Ticks now) {
  const AlertView& alert = entry.view;
  Html html;
  html.Raw(
      "<p class=\"back\"><a href=\"/\" data-back>← Alerts</a></p><header "
      "class=\"story\"><h1><bdi>");
  html.Text(alert.title.empty() ? "(alert without a title)" : alert.title).Raw("</bdi></h1><p>");
  html.Add(SeverityBadge(entry.stored.severity)).Raw(" raised ");
  html.Add(TimeWithAge(entry.stored.created, now)).Raw(" by <a href=\"/rules/");
  html.Text(PercentEncode(entry.stored.rule_id)).Raw("\">");
  html.Text(alert.rule_name.empty() ? entry.stored.rule_id : alert.rule_name).Raw("</a></p>");
  html.Raw("<p class=\"tags\">");
  Tags(alert.tactics, &html);
  Tags(alert.techniques, &html);
  html.Raw("</p><p class=\"description\">").Text(alert.description).Raw("</p></header>");
  return html;
}

Html Entities(const AlertView& alert) {
  Html html;
  html.Raw("<section aria-labelledby=\"entities\"><h2 id=\"entities\">Entities</h2>");
  if (alert.entities.empty())
    return html.Raw("<p class=\"dim\">The rule maps none.</p></section>");
  html.Raw("<dl class=\"pairs\">");
  for (const EntityView& entity : alert.entities) {
    for (const auto& [name, value] : entity.identifiers) {
      html.Raw("<div><dt>")
          .Text(entity.type)
          .Raw(" <small>")
          .Text(name)
          .Raw("</small></dt><dd><a href=\"/");
      AlertFilter same;
      (name == "ResourceId" ? same.resource : same.text) = value.substr(0, 200);
      html.Text(ToQuery(same)).Raw("\" title=\"Alerts with the same\"><bdi>").Text(value);
      html.Raw("</bdi></a></dd></div>");
    }
  }
  return html.Raw("</dl></section>");
}

void Pairs(std::string_view title, const TextPairs& pairs, Html* out) {
  if (pairs.empty())
    return;
  out->Raw("<h3>").Text(title).Raw("</h3><dl class=\"pairs\">");
  for (const auto& [name, value] : pairs) {
    out->Raw("<div><dt>").Text(name).Raw("</dt><dd><bdi>").Text(value).Raw("</bdi></dd></div>");
  }
  out->Raw("</dl>");
}

Html Why(const ServiceView& service, const AlertView& alert) {
  Html html;
  html.Raw("<section aria-labelledby=\"why\"><h2 id=\"why\">Why it fired</h2>");
  const pipeline::RuleReport* report = FindRule(service, alert.rule_id);
  if (report == nullptr) {
    html.Raw("<p class=\"dim\">This rule is not loaded now; its query is not known here.</p>");
  } else {
    html.Raw("<p>").Text(TriggerText(*report->rule)).Raw("</p>");
    if (report->rule->sha256 != alert.rule_sha256)
      html.Raw(
          "<p class=\"notice warn\">The rule file has changed since; this is its present "
          "text.</p>");
  }
  Pairs("Custom details", alert.custom_details, &html);
  Pairs("Result row", alert.row, &html);
  if (report != nullptr) {
    html.Raw("<details><summary>Query</summary><pre class=\"query\" tabindex=\"0\">");
    html.Text(report->rule->query.text).Raw("</pre></details>");
  }
  html.Raw("<p class=\"dim\">Rule ").Text(alert.rule_id).Raw(", version ").Text(alert.rule_version);
  html.Raw(", ").Text(alert.rule_kind).Raw(", file SHA-256 <code>");
  return html.Text(alert.rule_sha256.substr(0, 12)).Raw("…</code></p></section>");
}

struct Station {
  Ticks time = 0;
  std::string name;
  std::string note;
};

// The way of the decisive record, and of the alert to each sink, in order of time.
std::vector<Station> Stations(const AlertEntry& entry) {
  const AlertView& alert = entry.view;
  std::vector<Station> stations = {
      {alert.event_time, "Event", "what the record's time says"},
      {alert.broker_time, "Broker", "the broker took it"},
      {alert.read_time, "Read", "keywatch had it"},
      {alert.evaluated_time, "Evaluated", "the rule found it"},
      {entry.stored.created, "Stored", "durable in the outbox"},
  };
  for (const state::DeliveryState& delivery : entry.deliveries) {
    if (delivery.state == "accepted")
      stations.push_back({delivery.changed, "Sent", delivery.sink + " accepted it"});
    if (delivery.state == "dead")
      stations.push_back({delivery.changed, "Given up", delivery.sink});
  }
  std::erase_if(stations, [](const Station& station) { return station.time <= 0; });
  std::stable_sort(stations.begin(), stations.end(), [](const Station& a, const Station& b) {
    return a.time < b.time;
  });
  return stations;
}

Html Timeline(const AlertEntry& entry) {
  const AlertView& alert = entry.view;
  Html html;
  html.Raw(
      "<section id=\"way\" data-live aria-labelledby=\"timeline\"><h2 "
      "id=\"timeline\">Timeline</h2>");
  html.Raw("<p>The condition holds from ").Add(TimeOnly(alert.interval_start));
  if (entry.ended > 0)
    html.Raw(" to ").Add(TimeOnly(entry.ended));
  html.Raw("; its records are of ").Add(TimeOnly(alert.first_event));
  if (alert.last_event != alert.first_event)
    html.Raw(" to ").Add(TimeOnly(alert.last_event));
  html.Raw(".</p>");
  std::vector<TimeMark> marks;
  for (const EvidenceView& evidence : alert.evidence) {
    if (evidence.time > 0)
      marks.push_back({evidence.time, evidence.operation});
  }
  if (marks.size() > 1)
    html.Add(TimeStrip(alert.first_event, alert.last_event, marks));
  html.Raw("<h3>The decisive record's way</h3><ol class=\"way\">");
  Ticks before = 0;
  for (const Station& station : Stations(entry)) {
    html.Raw("<li><b>").Text(station.name).Raw("</b> ").Add(TimeOnly(station.time));
    html.Raw("<span class=\"fraction\">").Text(FormatClock(station.time).substr(8)).Raw("</span>");
    if (before > 0)
      html.Raw(" <span class=\"step\">+").Text(FormatSpan(station.time - before)).Raw("</span>");
    html.Raw(" <span class=\"dim\">").Text(station.note).Raw("</span></li>");
    before = station.time;
  }
  return html.Raw("</ol></section>");
}

Html Evidence(const AlertView& alert) {
  Html html;
  html.Raw("<section aria-labelledby=\"evidence\"><h2 id=\"evidence\">Evidence</h2>");
  if (alert.evidence.empty())
    html.Raw("<p class=\"dim\">No record is kept with this alert.</p>");
  bool first = true;
  for (const EvidenceView& evidence : alert.evidence) {
    html.Raw("<details class=\"record\"");
    if (std::exchange(first, false))
      html.Raw(" open");
    html.Raw("><summary>").Add(TimeOnly(evidence.time)).Raw(" <b><bdi>");
    html.Text(evidence.operation).Raw("</bdi></b> <bdi>").Text(evidence.status);
    html.Raw("</bdi> <bdi>").Text(evidence.caller).Raw("</bdi> <bdi class=\"dim\">");
    html.Text(ShortResource(evidence.resource)).Raw("</bdi></summary>");
    html.Raw("<p class=\"dim\">From <bdi>").Text(evidence.origin).Raw("</bdi>, offset ");
    html.Text(evidence.offset).Raw(", record ").Text(evidence.index).Raw(" of the message.</p>");
    html.Raw("<pre tabindex=\"0\">").Text(IndentJson(evidence.record)).Raw("</pre></details>");
  }
  if (!alert.truncated.empty()) {
    html.Raw("<p class=\"notice warn\">Cut because it was too long: ");
    html.Text(fmt::format("{}", fmt::join(alert.truncated, ", "))).Raw("</p>");
  }
  return html.Raw("</section>");
}

void DeliveryRow(const state::DeliveryState& delivery,
                 std::string_view what,
                 Ticks now,
                 Html* table) {
  table->Raw("<tr><th scope=\"row\">").Text(delivery.sink).Raw(" <small>").Text(what);
  table->Raw("</small></th><td>").Add(DeliveryMark(delivery.state));
  if (delivery.state == "pending" && delivery.next_attempt > now) {
    table->Raw("<div class=\"small\">again ").Text(FormatAge(delivery.next_attempt, now));
    table->Raw("</div>");
  }
  table->Raw("</td><td class=\"n\">").Text(std::to_string(delivery.attempts)).Raw("</td><td>");
  table->Add(TimeWithAge(delivery.changed, now)).Raw("</td><td class=\"answer\">");
  table->Text(delivery.last_error).Raw("</td></tr>");
}

Html Deliveries(const AlertEntry& entry, Ticks now) {
  Html html;
  html.Raw(
      "<section id=\"deliveries\" data-live aria-labelledby=\"sent\"><h2 "
      "id=\"sent\">Deliveries</h2>");
  if (entry.deliveries.empty())
    return html.Raw("<p class=\"dim\">No sink is owed this alert.</p></section>");
  Html table;
  table.Raw("<table><thead><tr><th scope=\"col\">Sink</th><th scope=\"col\">State</th>");
  table.Raw("<th scope=\"col\" class=\"n\">Attempts</th><th scope=\"col\">Last change</th>");
  table.Raw("<th scope=\"col\">Last answer</th></tr></thead><tbody>");
  for (const state::DeliveryState& delivery : entry.deliveries)
    DeliveryRow(delivery, "", now, &table);
  for (const state::DeliveryState& delivery : entry.end_deliveries)
    DeliveryRow(delivery, "the end", now, &table);
  table.Raw("</tbody></table>");
  return html.Add(ScrollTable("Deliveries", table)).Raw("</section>");
}

}  // namespace

Html AlertPage(const ServiceView& service, const AlertEntry& entry) {
  Html html;
  html.Raw("<article>").Add(Heading(entry, service.now)).Raw("<div class=\"columns\"><div>");
  html.Add(Entities(entry.view)).Add(Why(service, entry.view)).Raw("</div><div>");
  html.Add(Timeline(entry)).Add(Deliveries(entry, service.now)).Raw("</div></div>");
  html.Add(Evidence(entry.view)).Raw("<p class=\"dim\">Alert <code>").Text(entry.stored.id);
  html.Raw("</code> · <a href=\"/api/v1/alerts/").Text(PercentEncode(entry.stored.id));
  html.Raw("\">JSON</a></p></article>");
  return Layout(service, Section::kNone, entry.view.title, html);
}

}  // namespace keywatch::app::page
