#include "app/page/sinks_page.h"

#include <algorithm>

#include "app/page/format_text.h"
#include "app/page/layout.h"

namespace keywatch::app::page {
namespace {

void Row(const pipeline::SinkHealth& sink, Ticks now, Html* out) {
  out->Raw("<tr data-row><th scope=\"row\">").Text(sink.name).Raw("</th><td>");
  if (sink.healthy) {
    out->Add(Mark("good", "closed"));
  } else {
    out->Add(Mark("bad", "open: only probes are sent"));
  }
  out->Raw("</td><td class=\"n\">");
  out->Text(FormatCount(static_cast<uint64_t>(std::max<int64_t>(sink.queued, 0)))).Raw("</td><td>");
  out->Add(TimeWithAge(sink.accepted, now)).Raw("</td><td class=\"wide\">").Text(sink.problem);
  out->Raw("</td></tr>");
}

}  // namespace

Html SinksPage(const ServiceView& service) {
  Html table;
  table.Raw("<table><thead><tr><th scope=\"col\">Sink</th><th scope=\"col\">Circuit</th>");
  table.Raw("<th scope=\"col\" class=\"n\">Queue</th><th scope=\"col\">Last accepted</th>");
  table.Raw("<th scope=\"col\">Problem of the last attempt</th></tr></thead><tbody>");
  for (const pipeline::SinkHealth& sink : service.sinks)
    Row(sink, service.now, &table);
  table.Raw("</tbody></table>");
  Html html;
  html.Raw("<h1>Sinks</h1><section id=\"sinks\" data-live aria-label=\"Sinks\">");
  html.Add(ScrollTable("Sinks", table))
      .Raw("<p class=\"dim\">Alerts wait in the outbox until the ");
  html.Raw(
      "receiver accepts them, or refuses them for good: then they are in the dead-letter file.");
  return Layout(service, Section::kSinks, "Sinks", html.Raw("</p></section>"));
}

}  // namespace keywatch::app::page
