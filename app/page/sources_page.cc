#include "app/page/sources_page.h"

#include "app/page/format_text.h"
#include "app/page/layout.h"

namespace keywatch::app::page {
namespace {

using pipeline::BlindInterval;

Html Health(const pipeline::SourceHealth& health) {
  if (health.connected && health.assigned)
    return Mark("good", "reading");
  Html html = Mark("bad", health.connected ? "not assigned" : "not connected");
  if (!health.problem.empty())
    html.Raw("<div class=\"small\">").Text(health.problem).Raw("</div>");
  return html;
}

void Row(const pipeline::SourceView& source, Ticks now, Html* out) {
  out->Raw("<tr data-row><th scope=\"row\">").Text(source.name).Raw("</th><td class=\"wide\">");
  out->Add(Health(source.health)).Raw("</td><td class=\"n\">");
  if (source.health.lag_records < 0) {
    out->Raw("<span class=\"dim\">unknown</span>");
  } else {
    out->Text(FormatCount(static_cast<uint64_t>(source.health.lag_records)));
  }
  out->Raw("</td><td>").Add(TimeWithAge(source.newest_event, now)).Raw("</td><td>");
  out->Text(FormatAge(source.last_read, now)).Raw("</td><td class=\"n\">");
  out->Text(FormatCount(source.records)).Raw("</td><td class=\"n\">");
  out->Text(FormatCount(source.duplicates)).Raw("</td><td class=\"n\">");
  if (source.rejected > 0) {
    out->Add(Mark("warn", FormatCount(source.rejected)));
  } else {
    out->Raw("0");
  }
  out->Raw("</td><td class=\"n\">");
  if (source.health.gaps > 0) {
    out->Add(Mark("bad", FormatCount(source.health.gaps)));
  } else {
    out->Raw("0");
  }
  out->Raw("</td></tr>");
}

Html SourceTable(const ServiceView& service) {
  Html html;
  html.Raw("<table><thead><tr><th scope=\"col\">Source</th><th scope=\"col\">Health</th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Records at the source not read "
      "yet\">Behind</abbr></th>");
  html.Raw("<th scope=\"col\">Newest event</th><th scope=\"col\">Last read</th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\">Records</th><th scope=\"col\" class=\"n\">Seen before</th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Could not be read: they are in the dead-letter "
      "file\">Set aside</abbr></th>");
  html.Raw(
      "<th scope=\"col\" class=\"n\"><abbr title=\"Times that records were gone before they were "
      "read\">Gaps</abbr></th>");
  html.Raw("</tr></thead><tbody>");
  for (const pipeline::SourceView& source : service.worker->sources)
    Row(source, service.now, &html);
  return html.Raw("</tbody></table>");
}

std::string RuleName(const ServiceView& service, const std::string& id) {
  const pipeline::RuleReport* report = FindRule(service, id);
  return report == nullptr ? id : report->rule->name;
}

void BlindRow(const ServiceView& service, const BlindInterval& interval, Html* out) {
  bool gap = interval.kind == BlindInterval::Kind::kGap;
  out->Raw("<tr data-row><th scope=\"row\">");
  out->Text(gap ? interval.where : RuleName(service, interval.where))
      .Raw("</th><td class=\"wide\">");
  if (gap) {
    out->Raw("records were gone at the source before they were read");
  } else {
    out->Raw(
        "the rule forgot groups at the bound of its state (<code>state.max_rows_per_rule</code>)");
  }
  out->Raw("</td><td>");
  if (interval.from > 0) {
    out->Add(TimeOnly(interval.from));
  } else {
    out->Raw("<span class=\"dim\">before the first record read</span>");
  }
  out->Raw("</td><td>");
  if (interval.to > 0) {
    out->Add(TimeOnly(interval.to));
  } else {
    out->Add(Mark("warn", "open"));
  }
  out->Raw("</td><td class=\"n\">");
  out->Text(interval.count > 0 ? FormatCount(interval.count) : "unknown").Raw("</td><td>");
  out->Add(TimeWithAge(interval.noticed, service.now)).Raw("</td></tr>");
}

Html Blind(const ServiceView& service) {
  const pipeline::WorkerView& worker = *service.worker;
  Html html;
  html.Raw("<section id=\"blind\" data-live aria-labelledby=\"blind-title\">");
  html.Raw(
      "<h2 id=\"blind-title\">Blind intervals</h2><p>Spans of event time in which something may ");
  html.Raw("have happened that was not seen, since the start ")
      .Add(TimeOnly(worker.started))
      .Raw(".</p>");
  if (worker.blind.empty())
    return html.Raw("<p class=\"empty\">None.</p></section>");
  Html table;
  table.Raw("<table><thead><tr><th scope=\"col\">Where</th><th scope=\"col\">What</th>");
  table.Raw("<th scope=\"col\">From (event time)</th><th scope=\"col\">To</th>");
  table.Raw(
      "<th scope=\"col\" class=\"n\">How many</th><th "
      "scope=\"col\">Noticed</th></tr></thead><tbody>");
  for (size_t i = worker.blind.size(); i-- > 0;)
    BlindRow(service, worker.blind[i], &table);
  table.Raw("</tbody></table>");
  html.Add(ScrollTable("Blind intervals", table));
  if (worker.blind_forgotten > 0) {
    html.Raw("<p class=\"dim\">").Text(FormatCount(worker.blind_forgotten));
    html.Raw(" older ones are no longer listed.</p>");
  }
  return html.Raw("</section>");
}

}  // namespace

Html SourcesPage(const ServiceView& service) {
  Html html;
  html.Raw("<h1>Sources</h1>");
  if (service.worker == nullptr) {
    html.Raw(
        "<section id=\"sources\" data-live><p class=\"empty\">The state is being "
        "restored.</p></section>");
    return Layout(service, Section::kSources, "Sources", html);
  }
  const pipeline::WorkerView& worker = *service.worker;
  html.Raw("<section id=\"sources\" data-live aria-label=\"Sources\">");
  html.Add(ScrollTable("Sources", SourceTable(service)))
      .Raw("<p class=\"dim\">Results that wait on ");
  html.Raw("completeness are complete up to the watermark, ")
      .Add(TimeWithAge(worker.watermark, service.now));
  html.Raw(": the newest event, ").Add(TimeOnly(worker.newest_event));
  html.Raw(", less <code>rules.allowed_lateness</code>. Last snapshot: ");
  html.Add(TimeWithAge(worker.last_snapshot, service.now)).Raw(".</p></section>");
  html.Add(Blind(service));
  return Layout(service, Section::kSources, "Sources", html);
}

}  // namespace keywatch::app::page
