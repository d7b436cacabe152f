#include "connectors/loganalytics/query.h"

#include <gtest/gtest.h>

#include "tests/support/text_match.h"

namespace keywatch::loganalytics {
namespace {

using tests::Has;

http::Response Reply(int status, const std::string& body) {
  http::Response response;
  response.status = status;
  response.body = body;
  return response;
}

std::string Tables(const std::string& rows, const std::string& more = "") {
  return R"({"tables":[{"name":"PrimaryResult","columns":[{"name":"Table","type":"string"},)"
         R"({"name":"Ingested","type":"datetime"},{"name":"Row","type":"dynamic"}],"rows":[)" +
         rows + "]}]" + more + "}";
}

constexpr char kClockRow[] = R"(["","2026-03-01T10:00:00Z",null])";

TEST(LogAnalyticsQuery, AsksForAHalfOpenSliceOfIngestionTime) {
  Slice slice{*record::ParseIsoDatetime("2026-03-01T10:00:00Z"),
              *record::ParseIsoDatetime("2026-03-01T11:00:00.0000001Z")};
  std::string body = QueryBody({"AzureDiagnostics", "AZKVAuditLogs"}, slice);
  std::optional<record::Dynamic> json = record::ParseJson(body);
  ASSERT_TRUE(json);
  std::string query = *json->Find("query")->string();
  EXPECT_TRUE(Has(query,
                  "(AzureDiagnostics | where ingestion_time() >= "
                  "datetime(2026-03-01T10:00:00.0000000Z) and ingestion_time() < "
                  "datetime(2026-03-01T11:00:00.0000001Z) | where ResourceProvider =~ "
                  "'MICROSOFT.KEYVAULT' and Category =~ 'AuditEvent' | project"))
      << query;
  EXPECT_TRUE(Has(query, "(AZKVAuditLogs | where ingestion_time()"));
  EXPECT_EQ(*json->Find("timespan")->string(),
            "2026-02-26T10:00:00.0000000Z/2026-03-03T11:00:00.0000001Z");
}

TEST(LogAnalyticsQuery, RowsAndTheTime) {
  Answer answer = ReadAnswer(
      Reply(200,
            Tables(R"(["AzureDiagnostics","2026-03-01T09:59:59.5Z","{\"OperationName\":\"X\"}"],)"
                   R"(["AZKVAuditLogs","2026-03-01T09:59:59.6Z",{"OperationName":"Y"}],)" +
                   std::string(kClockRow))));
  ASSERT_EQ(answer.kind, AnswerKind::kRows) << answer.problem;
  ASSERT_EQ(answer.rows.size(), 2U);
  EXPECT_EQ(answer.rows[0].table, "AzureDiagnostics");
  EXPECT_EQ(*answer.rows[0].columns.Find("OperationName")->string(), "X");
  EXPECT_EQ(*answer.rows[1].columns.Find("OperationName")->string(), "Y");
  EXPECT_EQ(answer.rows[1].ingested - answer.rows[0].ingested, record::kTicksPerSecond / 10);
  EXPECT_EQ(answer.service_now, *record::ParseIsoDatetime("2026-03-01T10:00:00Z"));
}

TEST(LogAnalyticsQuery, APartIsTooMuch) {
  Answer partial = ReadAnswer(Reply(
      200,
      Tables(kClockRow,
             R"(,"error":{"code":"PartialError","message":"There were some errors",)"
             R"("innererror":{"code":"EngineError","message":"more than 500000 records"}})")));
  EXPECT_EQ(partial.kind, AnswerKind::kTooMuch);
  EXPECT_TRUE(Has(partial.problem, "more than 500000 records"));
  http::Response cut = Reply(200, "{\"tables\":[");
  cut.body_complete = false;
  EXPECT_EQ(ReadAnswer(cut).kind, AnswerKind::kTooMuch);
  EXPECT_EQ(ReadAnswer(Reply(504, "")).kind, AnswerKind::kTooMuch);
  std::string many = kClockRow;
  for (size_t i = 1; i < kMostRows; ++i)
    many += std::string(",") + kClockRow;
  EXPECT_EQ(ReadAnswer(Reply(200, Tables(many))).kind, AnswerKind::kTooMuch);
}

TEST(LogAnalyticsQuery, WhatIsNotUnderstoodIsAskedForAgain) {
  for (const std::string& body :
       {std::string("<html>"),
        std::string("{}"),
        Tables(""),
        Tables("[1,2,3]"),
        Tables(R"(["AzureDiagnostics","2026-03-01T09:59:59.5Z","no bag"],)" +
               std::string(kClockRow)),
        Tables(R"(["AzureDiagnostics","yesterday",{}],)" + std::string(kClockRow))}) {
    Answer answer = ReadAnswer(Reply(200, body));
    EXPECT_EQ(answer.kind, AnswerKind::kWait) << body;
    EXPECT_FALSE(answer.problem.empty());
  }
}

TEST(LogAnalyticsQuery, Refusals) {
  http::Response throttled = Reply(429, "");
  throttled.headers["retry-after"] = "17";
  Answer answer = ReadAnswer(throttled);
  EXPECT_EQ(answer.kind, AnswerKind::kWait);
  EXPECT_EQ(answer.retry_after, std::chrono::seconds(17));
  throttled.headers["retry-after"] = "99999";
  EXPECT_EQ(ReadAnswer(throttled).retry_after, std::chrono::seconds(600));
  answer = ReadAnswer(Reply(403, R"({"error":{"code":"InsufficientAccessError","message":"no"}})"));
  EXPECT_EQ(answer.kind, AnswerKind::kRefused);
  EXPECT_TRUE(Has(answer.problem, "Log Analytics Reader"));
  EXPECT_TRUE(Has(answer.problem, "InsufficientAccessError: no"));
  EXPECT_TRUE(Has(ReadAnswer(Reply(404, "gone")).problem, "check workspace_id; gone"));
  EXPECT_EQ(ReadAnswer(Reply(503, "busy")).kind, AnswerKind::kWait);
  http::Response unreachable;
  unreachable.error = http::TransportError::kDns;
  unreachable.error_detail = "no such host";
  EXPECT_TRUE(Has(ReadAnswer(unreachable).problem, "cannot be reached: no such host"));
}

}  // namespace
}  // namespace keywatch::loganalytics
