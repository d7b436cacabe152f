#include "app/page/layout.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/page/ascii.h"
#include "app/page/assets.h"
#include "app/page/format_text.h"

namespace keywatch::app::page {
namespace {

Html Head(std::string_view title) {
  Html html;
  html.Raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
  html.Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
  html.Raw("<meta name=\"color-scheme\" content=\"light dark\"><title>").Text(title);
  html.Raw(" · keywatch</title><link rel=\"icon\" href=\"").Text(AssetPath("icon.svg"));
  html.Raw("\"><link rel=\"stylesheet\" href=\"").Text(AssetPath("page.css"));
  html.Raw("\"><script src=\"").Text(AssetPath("page.js")).Raw("\" defer></script></head>");
  return html;
}

Html NavigationLink(const char* path, std::string_view text, bool current) {
  Html html;
  html.Raw("<a href=\"").Text(path).Raw("\"");
  if (current)
    html.Raw(" aria-current=\"page\"");
  return html.Raw(">").Text(text).Raw("</a>");
}

Html StateOf(const ServiceView& service) {
  Html html;
  html.Raw("<div id=\"state\" data-live class=\"state\">");
  if (service.problems.empty()) {
    html.Add(Mark("good", "Ready"));
  } else {
    html.Add(Mark("bad", "Not ready"));
  }
  return html.Raw("</div>");
}

Html Problems(const ServiceView& service) {
  Html html;
  html.Raw("<div id=\"problems\" data-live>");
  if (!service.problems.empty()) {
    html.Raw("<div class=\"notice bad\" role=\"status\"><strong>Not ready.</strong><ul>");
    for (const std::string& problem : service.problems)
      html.Raw("<li>").Text(problem).Raw("</li>");
    html.Raw("</ul></div>");
  }
  return html.Raw("</div>");
}

Html Keys() {
  Html html;
  html.Raw(
      "<dialog id=\"keys\" aria-labelledby=\"keys-title\"><h2 id=\"keys-title\">Keys</h2><dl>");
  html.Raw("<dt><kbd>j</kbd> <kbd>↓</kbd></dt><dd>next row</dd>");
  html.Raw("<dt><kbd>k</kbd> <kbd>↑</kbd></dt><dd>previous row</dd>");
  html.Raw("<dt><kbd>Enter</kbd></dt><dd>open it</dd>");
  html.Raw("<dt><kbd>u</kbd></dt><dd>back to the list</dd>");
  html.Raw("<dt><kbd>/</kbd></dt><dd>search</dd>");
  html.Raw("<dt><kbd>p</kbd></dt><dd>pause or resume live updates</dd>");
  html.Raw("<dt><kbd>?</kbd></dt><dd>this list</dd></dl>");
  html.Raw("<form method=\"dialog\"><button>Close</button></form></dialog>");
  return html;
}

}  // namespace

Html Layout(const ServiceView& service, Section section, std::string_view title, const Html& main) {
  Html html = Head(title);
  html.Raw("<body><a class=\"skip\" href=\"#main\">Skip to content</a><header class=\"bar\">");
  html.Raw("<a class=\"brand\" href=\"/\">keywatch</a><nav aria-label=\"Pages\">");
  html.Add(NavigationLink("/", "Alerts", section == Section::kAlerts));
  html.Add(NavigationLink("/rules", "Rules", section == Section::kRules));
  html.Add(NavigationLink("/sources", "Sources", section == Section::kSources));
  html.Add(NavigationLink("/sinks", "Sinks", section == Section::kSinks)).Raw("</nav>");
  html.Add(StateOf(service));
  html.Raw("<button id=\"live\" type=\"button\" hidden aria-pressed=\"true\">Live</button>");
  if (service.has_token) {
    html.Raw("<form class=\"out\" method=\"post\" action=\"/logout\">");
    html.Raw("<button>Sign out</button></form>");
  }
  html.Raw("</header><main id=\"main\" tabindex=\"-1\">").Add(Problems(service)).Add(main);
  html.Raw("</main><footer>keywatch ").Text(service.version).Raw(" · times are UTC · ");
  html.Raw("<a href=\"/api/v1/alerts\">API</a><span class=\"hint\"> · <kbd>?</kbd> keys</span>");
  html.Raw("<div id=\"said\" role=\"status\" class=\"unseen\"></div></footer>").Add(Keys());
  return html.Raw("</body></html>\n");
}

Html BarePage(std::string_view title, const Html& main) {
  Html html = Head(title);
  html.Raw("<body class=\"bare\"><main id=\"main\">").Add(main).Raw("</main></body></html>\n");
  return html;
}

Html TimeOnly(Ticks time) {
  Html html;
  if (time <= 0)
    return html.Raw("<span class=\"dim\">unknown</span>");
  html.Raw("<time datetime=\"").Text(record::FormatDatetimeShort(time)).Raw("\">");
  return html.Text(FormatTime(time)).Raw("</time>");
}

Html TimeWithAge(Ticks time, Ticks now) {
  Html html = TimeOnly(time);
  if (time > 0)
    html.Raw(" <span class=\"age\">").Text(FormatAge(time, now)).Raw("</span>");
  return html;
}

Html SeverityBadge(std::string_view severity) {
  Html html;
  // The class is one of four words; the text is what was given.
  std::string kind = Lower(severity);
  static constexpr std::string_view kKnown[] = {"informational", "low", "medium", "high"};
  if (std::find(std::begin(kKnown), std::end(kKnown), kind) == std::end(kKnown))
    kind = "unknown";
  html.Raw("<span class=\"severity ").Text(kind).Raw("\">").Text(severity).Raw("</span>");
  return html;
}

Html Mark(std::string_view kind, std::string_view text) {
  Html html;
  return html.Raw("<span class=\"mark ").Text(kind).Raw("\">").Text(text).Raw("</span>");
}

Html ScrollTable(std::string_view label, const Html& table) {
  Html html;
  html.Raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"").Text(label);
  return html.Raw("\">").Add(table).Raw("</div>");
}

Html LoginPage(std::string_view next, std::string_view problem) {
  Html html;
  html.Raw("<h1>keywatch</h1>");
  if (!problem.empty())
    html.Raw("<div class=\"notice bad\" role=\"alert\">").Text(problem).Raw("</div>");
  html.Raw("<form class=\"login\" method=\"post\" action=\"/login\">");
  html.Raw(
      "<label for=\"token\">Access token (the content of <code>http.token_file</code>)</label>");
  html.Raw("<input id=\"token\" name=\"token\" type=\"password\" required ");
  html.Raw("autocomplete=\"current-password\"><input type=\"hidden\" name=\"next\" value=\"");
  html.Text(next).Raw("\"><button>Sign in</button></form>");
  return BarePage("Sign in", html);
}

Html MessagePage(const ServiceView& service, std::string_view title, std::string_view message) {
  Html html;
  html.Raw("<h1>").Text(title).Raw("</h1><p>").Text(message);
  html.Raw("</p><p><a href=\"/\">All alerts</a></p>");
  return Layout(service, Section::kNone, title, html);
}

}  // namespace keywatch::app::page
