#include "app/page/live_page.h"

#include <atomic>
#include <chrono>
#include <map>
#include <utility>

#include "app/page/access.h"
#include "app/page/alert_list_page.h"
#include "app/page/alert_page.h"
#include "app/page/api.h"
#include "app/page/assets.h"
#include "app/page/event_stream.h"
#include "app/page/feed.h"
#include "app/page/form.h"
#include "app/page/layout.h"
#include "app/page/rules_page.h"
#include "app/page/sinks_page.h"
#include "app/page/sources_page.h"
#include "engine/base/log.h"

namespace keywatch::app::page {
namespace {

using http::ServerReply;
using http::ServerRequest;

constexpr std::chrono::milliseconds kStreamWait{1000};
constexpr record::Ticks kLongestStream = record::kTicksPerHour;
constexpr size_t kEventsAtOnce = 50;
constexpr char kHtml[] = "text/html; charset=utf-8";
constexpr char kJson[] = "application/json";

ServerReply Guarded(ServerReply reply) {
  const std::pair<const char*, const char*> headers[] = {
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src "
       "'self' "
       "data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
  };
  for (const auto& [name, value] : headers)
    reply.headers.emplace_back(name, value);
  bool cached = false;
  for (const auto& [name, value] : reply.headers)
    cached = cached || name == "Cache-Control";
  if (!cached)
    reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

ServerReply HtmlReply(const Html& html, int status = 200) { return {status, kHtml, html.str()}; }

ServerReply JsonReply(std::string json, int status = 200) {
  return {status, kJson, std::move(json)};
}

bool IsApi(const ServerRequest& request) { return request.path.starts_with("/api/"); }

std::string EventOf(state::StoredAlert stored) {
  AlertEntry entry;
  entry.view = ReadAlert(stored.json);
  entry.stored = std::move(stored);
  if (entry.stored.IsEnd())
    return EndEvent(entry.stored.seq, AlertEndJson(entry.view));
  return AlertEvent(entry.stored.seq, AlertSummaryJson(entry, false));
}

// What follows `prefix` in the path.
std::string Rest(const ServerRequest& request, const char* prefix) {
  return request.path.substr(std::char_traits<char>::length(prefix));
}

// The path with the query that the request came with.
std::string FullPath(const ServerRequest& request) {
  std::string out = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    out += separator + PercentEncode(name) + "=" + PercentEncode(value);
    separator = '&';
  }
  return out;
}

}  // namespace

struct LivePage::Impl {
  PageSources sources;
  PageAccess access;
  std::unique_ptr<state::OutboxReader> reader;
  std::unique_ptr<Feed> feed;
  std::atomic<int> streams{0};
  Gauge open_streams;
  std::map<std::string, Counter> requests;  // by outcome

  [[nodiscard]] ServiceView Service() const;
  [[nodiscard]] AccessRules Rules() const;
  Result<AlertList> List(const AlertFilter& filter);
  Result<AlertEntry> Entry(state::StoredAlert stored);
  Status AddEnd(AlertEntry* entry);

  http::Handler Open(std::function<ServerReply(const ServerRequest&)> handler);
  ServerReply Refuse(const ServerRequest& request, const AccessDecision& decision);
  ServerReply Failure(const ServerRequest& request, const Status& error);

  ServerReply AlertListReply(const ServerRequest& request);
  ServerReply AlertReply(const ServerRequest& request, const std::string& id);
  ServerReply RuleReply(const std::string& id);
  ServerReply Events(const ServerRequest& request);
  ServerReply SignIn(const ServerRequest& request);
  ServerReply AssetReply(const std::string& name);

  void AddPages(http::Server* server);
  void AddApi(http::Server* server);
  void AddSession(http::Server* server);
};

ServiceView LivePage::Impl::Service() const {
  ServiceView view;
  view.now = record::WallNow();
  view.version = sources.version;
  view.problems = sources.problems();
  view.worker = sources.worker();
  view.sinks = sources.sinks();
  Feed::Counts counts = feed->Now(view.now);
  view.minutes = std::move(counts.minutes);
  view.last_alert = std::move(counts.last_alert);
  view.has_token = !access.token.empty();
  return view;
}

AccessRules LivePage::Impl::Rules() const {
  return {!access.token.empty(), access.token.Reveal(), access.on_loopback};
}

Result<AlertEntry> LivePage::Impl::Entry(state::StoredAlert stored) {
  Result<std::vector<state::DeliveryState>> deliveries = reader->Deliveries(stored.seq);
  if (!deliveries)
    return deliveries.error();
  AlertEntry entry;
  entry.view = ReadAlert(stored.json);
  entry.stored = std::move(stored);
  entry.deliveries = std::move(deliveries).value();
  return entry;
}

Status LivePage::Impl::AddEnd(AlertEntry* entry) {
  auto end = reader->Find(entry->stored.id + std::string(state::kEndedSuffix));
  if (!end)
    return end.error();
  if (!*end)
    return {};
  Result<std::vector<state::DeliveryState>> deliveries = reader->Deliveries((*end)->seq);
  if (!deliveries)
    return deliveries.error();
  entry->ended = ReadAlert((*end)->json).ended;
  entry->end_deliveries = std::move(deliveries).value();
  return {};
}

Result<AlertList> LivePage::Impl::List(const AlertFilter& filter) {
  AlertMatcher matcher(filter);
  state::AlertSearch search;
  search.before = filter.before;
  search.limit = filter.limit;
  Result<state::AlertsFound> found =
      reader->Search(search, [&](const auto& alert) { return matcher.Matches(alert); });
  if (!found)
    return found.error();
  AlertList list;
  list.filter = filter;
  list.at_end = found->at_end;
  list.next_before = found->next_before;
  for (state::StoredAlert& stored : found->alerts) {
    Result<AlertEntry> entry = Entry(std::move(stored));
    if (!entry)
      return entry.error();
    list.alerts.push_back(std::move(entry).value());
  }
  return list;
}

// The handler behind the check of who asks.
http::Handler LivePage::Impl::Open(std::function<ServerReply(const ServerRequest&)> handler) {
  return [this, handler = std::move(handler)](const ServerRequest& request) {
    AccessDecision decision = Decide(Rules(), request, record::WallNow());
    if (decision.access != Access::kAllowed)
      return Guarded(Refuse(request, decision));
    ServerReply reply = handler(request);
    requests.at(reply.status < 500 ? "answered" : "failed").Add();
    return Guarded(std::move(reply));
  };
}

ServerReply LivePage::Impl::Refuse(const ServerRequest& request, const AccessDecision& decision) {
  if (decision.access == Access::kSameAgain) {
    // A browser holds a SameSite=Strict cookie back when a link elsewhere leads here. When this
    // page asks for the same again, it does not.
    Html html;
    html.Raw(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>keywatch</title>");
    html.Raw("<meta http-equiv=\"refresh\" content=\"0\"></head><body></body></html>\n");
    return HtmlReply(html);
  }
  if (decision.access == Access::kForbidden) {
    requests.at("forbidden").Add();
    if (IsApi(request))
      return JsonReply(ErrorJson(decision.reason), 403);
    return {403, "text/plain; charset=utf-8", "keywatch: " + decision.reason + "\n"};
  }
  requests.at("unauthorized").Add();
  ServerReply reply = IsApi(request) ? JsonReply(ErrorJson(decision.reason), 401)
                                     : HtmlReply(LoginPage(FullPath(request), ""), 401);
  reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"keywatch\"");
  return reply;
}

ServerReply LivePage::Impl::Failure(const ServerRequest& request, const Status& error) {
  bool missing = error.code() == StatusCode::kNotFound;
  int status = missing ? 404 : error.code() == StatusCode::kInvalidInput ? 400 : 503;
  if (status == 503) {
    Log(LogLevel::kWarning, "a page could not be made", {{"error", error.message()}});
  }
  if (IsApi(request))
    return JsonReply(ErrorJson(error.message()), status);
  const char* title = missing ? "Not found" : status == 400 ? "Not understood" : "Not now";
  return HtmlReply(MessagePage(Service(), title, error.message()), status);
}

ServerReply LivePage::Impl::AlertListReply(const ServerRequest& request) {
  Result<AlertFilter> filter = ReadFilter(request.query);
  if (!filter && IsApi(request))
    return Failure(request, filter.error());
  Result<AlertList> list = filter ? List(*filter) : AlertList();
  if (!list && IsApi(request))
    return Failure(request, list.error());
  if (IsApi(request))
    return JsonReply(AlertListJson(*list));
  // The rest of the page is worth showing without its list.
  std::string problem = !filter ? filter.error().message() : !list ? list.error().message() : "";
  int status = !filter ? 400 : !list ? 503 : 200;
  return HtmlReply(AlertListPage(Service(), list ? *list : AlertList(), problem), status);
}

ServerReply LivePage::Impl::AlertReply(const ServerRequest& request, const std::string& id) {
  Result<std::optional<state::StoredAlert>> stored = reader->Find(id);
  if (!stored)
    return Failure(request, stored.error());
  if (!*stored || (*stored)->IsEnd()) {
    return Failure(
        request,
        NotFound("no alert has this id: it was never raised here, or it is so old that the "
                 "outbox no longer keeps it"));
  }
  Result<AlertEntry> entry = Entry(std::move(**stored));
  if (!entry)
    return Failure(request, entry.error());
  if (Status added = AddEnd(&*entry); !added.ok())
    return Failure(request, added);
  if (IsApi(request))
    return JsonReply(AlertJson(*entry));
  return HtmlReply(AlertPage(Service(), *entry));
}

ServerReply LivePage::Impl::RuleReply(const std::string& id) {
  ServiceView service = Service();
  const pipeline::RuleReport* report = FindRule(service, id);
  if (report == nullptr)
    return HtmlReply(MessagePage(service, "Not found", "No loaded rule has this id."), 404);
  AlertFilter filter;
  filter.rule_id = id;
  filter.limit = 10;
  Result<AlertList> recent = List(filter);
  return HtmlReply(RulePage(service, *report, recent ? *recent : AlertList()));
}

ServerReply LivePage::Impl::Events(const ServerRequest& request) {
  Result<AlertFilter> filter = ReadFilter(request.query);
  if (!filter)
    return Failure(request, filter.error());
  // What one stream remembers between two pieces.
  struct Stream {
    Stream(Impl* page_, const AlertFilter& filter_) : page(page_), matcher(filter_) {
      page->open_streams.Set(++page->streams);
    }
    ~Stream() { page->open_streams.Set(--page->streams); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    Impl* page;
    AlertMatcher matcher;
    int64_t after = 0;
    bool greeted = false;
    record::Ticks begun = record::WallNow();
  };
  auto stream = std::make_shared<Stream>(this, *filter);
  stream->after =
      ResumeAfter(request.Header("last-event-id"), request.Query("after"), feed->last_seq());
  ServerReply reply;
  reply.content_type = "text/event-stream";
  reply.stream = [stream](std::string* out) {
    if (!std::exchange(stream->greeted, true)) {
      *out += HelloEvent(stream->after);
      return true;
    }
    if (stream->page->feed->WaitBeyond(stream->after, kStreamWait)) {
      auto alerts = stream->page->reader->After(stream->after, kEventsAtOnce);
      if (!alerts)
        return false;  // the client comes again
      for (state::StoredAlert& alert : *alerts) {
        stream->after = alert.seq;
        if (stream->matcher.MatchesEither(alert))
          *out += EventOf(std::move(alert));
      }
    }
    // Only writing tells that a client has gone, and another may want its place.
    if (out->empty())
      *out += KeepAliveEvent();
    return record::WallNow() - stream->begun < kLongestStream;
  };
  return reply;
}

ServerReply LivePage::Impl::SignIn(const ServerRequest& request) {
  AccessRules rules = Rules();
  if (!rules.has_token) {
    AccessDecision decision = Decide(rules, request, record::WallNow());
    if (decision.access != Access::kAllowed)
      return Refuse(request, decision);
    return {303, kHtml, "", {{"Location", "/"}}};
  }
  std::map<std::string, std::string> form = ReadForm(request.body);
  std::string next = SafePath(form["next"]);
  if (!TokenIsRight(rules, form["token"])) {
    requests.at("unauthorized").Add();
    return HtmlReply(LoginPage(next, "This is not the token."), 401);
  }
  bool secure = request.Header("x-forwarded-proto") == "https";
  return {303,
          kHtml,
          "",
          {{"Location", next}, {"Set-Cookie", SessionCookie(rules, record::WallNow(), secure)}}};
}

// Assets hold nothing of this service: the page to sign in needs them too.
ServerReply LivePage::Impl::AssetReply(const std::string& name) {
  for (const Asset& asset : Assets()) {
    if (asset.name == name) {
      return {200,
              std::string(AssetType(name)),
              std::string(asset.body),
              {{"Cache-Control", "public, max-age=31536000, immutable"}}};
    }
  }
  return {404, "text/plain; charset=utf-8", "404\n"};
}

void LivePage::Impl::AddPages(http::Server* server) {
  server->Get("/", Open([this](const auto& request) { return AlertListReply(request); }));
  server->GetUnder("/alerts/", Open([this](const auto& request) {
                     return AlertReply(request, Rest(request, "/alerts/"));
                   }));
  server->Get("/rules", Open([this](const auto&) { return HtmlReply(RulesPage(Service())); }));
  server->GetUnder(
      "/rules/", Open([this](const auto& request) { return RuleReply(Rest(request, "/rules/")); }));
  server->Get("/sources", Open([this](const auto&) { return HtmlReply(SourcesPage(Service())); }));
  server->Get("/sinks", Open([this](const auto&) { return HtmlReply(SinksPage(Service())); }));
}

void LivePage::Impl::AddApi(http::Server* server) {
  server->Get("/api/v1/alerts",
              Open([this](const auto& request) { return AlertListReply(request); }));
  server->GetUnder("/api/v1/alerts/", Open([this](const auto& request) {
                     return AlertReply(request, Rest(request, "/api/v1/alerts/"));
                   }));
  server->Get("/api/v1/rules",
              Open([this](const auto&) { return JsonReply(RulesJson(Service())); }));
  server->Get("/api/v1/sources",
              Open([this](const auto&) { return JsonReply(SourcesJson(Service())); }));
  server->Get("/api/v1/sinks",
              Open([this](const auto&) { return JsonReply(SinksJson(Service())); }));
  server->Get("/api/v1/events", Open([this](const auto& request) { return Events(request); }));
}

void LivePage::Impl::AddSession(http::Server* server) {
  server->GetUnder("/assets/", [this](const auto& request) {
    return Guarded(AssetReply(Rest(request, "/assets/")));
  });
  server->Get("/login", Open([](const auto&) {
                return ServerReply{303, kHtml, "", {{"Location", "/"}}};
              }));
  server->Post("/login", [this](const auto& request) { return Guarded(SignIn(request)); });
  server->Post("/logout", [](const auto&) {
    return Guarded({303, kHtml, "", {{"Location", "/"}, {"Set-Cookie", EndedCookie()}}});
  });
}

LivePage::LivePage(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LivePage::~LivePage() = default;

Result<std::unique_ptr<LivePage>> LivePage::Make(PageSources sources,
                                                 PageAccess access,
                                                 MetricRegistry* metrics) {
  auto impl = std::make_unique<Impl>();
  impl->sources = std::move(sources);
  impl->access = std::move(access);
  impl->open_streams =
      metrics->AddGauge("keywatch_page_streams", "Open streams of the live page and the API.");
  for (const char* outcome : {"answered", "unauthorized", "forbidden", "failed"}) {
    impl->requests[outcome] = metrics->AddCounter("keywatch_page_requests_total",
                                                  "Requests for the live page and the API.",
                                                  {{"outcome", outcome}});
  }
  // One for the handlers, one for the feed: a long search must not hold up what is new.
  Result<std::unique_ptr<state::OutboxReader>> readers[2] = {
      state::OutboxReader::Open(impl->sources.outbox_path),
      state::OutboxReader::Open(impl->sources.outbox_path)};
  for (const auto& reader : readers) {
    if (!reader)
      return reader.error();
  }
  impl->reader = std::move(readers[0]).value();
  impl->feed = std::make_unique<Feed>(std::move(readers[1]).value(), impl->sources.worker);
  impl->feed->Start();
  return std::unique_ptr<LivePage>(new LivePage(std::move(impl)));
}

void LivePage::AddRoutes(http::Server* server) {
  impl_->AddPages(server);
  impl_->AddApi(server);
  impl_->AddSession(server);
}

void LivePage::Stop() { impl_->feed->Stop(); }

}  // namespace keywatch::app::page
