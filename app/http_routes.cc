#include "app/http_routes.h"

#include <utility>

#include "engine/record/dynamic.h"

namespace keywatch::app {
namespace {

http::ServerReply Ready(const std::vector<std::string>& problems) {
  http::ServerReply reply;
  reply.content_type = "application/json";
  reply.status = problems.empty() ? 200 : 503;
  reply.body =
      problems.empty() ? "{\"ready\":true,\"reasons\":[" : "{\"ready\":false,\"reasons\":[";
  for (size_t i = 0; i < problems.size(); ++i) {
    if (i > 0)
      reply.body += ',';
    record::AppendJsonString(problems[i], &reply.body);
  }
  reply.body += "]}\n";
  return reply;
}

}  // namespace

void AddServiceRoutes(const MetricRegistry* metrics,
                      ProblemList problems,
                      std::function<std::string()> hang,
                      http::Server* server) {
  server->Get("/metrics", [metrics](const http::ServerRequest&) {
    return http::ServerReply{200, "text/plain; version=0.0.4; charset=utf-8", metrics->Expose()};
  });
  server->Get("/healthz", [hang = std::move(hang)](const http::ServerRequest&) {
    const std::string problem = hang();
    return problem.empty() ? http::ServerReply{200, "text/plain; charset=utf-8", "ok\n"}
                           : http::ServerReply{503, "text/plain; charset=utf-8", problem + "\n"};
  });
  server->Get("/readyz", [problems = std::move(problems)](const http::ServerRequest&) {
    return Ready(problems());
  });
}

}  // namespace keywatch::app
