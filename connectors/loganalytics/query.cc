#include "connectors/loganalytics/query.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace keywatch::loganalytics {
namespace {

using record::Dynamic;

// Log Analytics replaces an event time that is more than two days behind or one ahead of the time
// of receipt; a little more costs nothing.
constexpr Ticks kOldest = 3 * record::kTicksPerDay;
constexpr Ticks kNewest = 2 * record::kTicksPerDay;
// In place of a table's name, on the row that tells the time.
constexpr std::string_view kClock = "";

std::string Datetime(Ticks ticks) {
  return fmt::format("datetime({})", record::FormatDatetime(ticks));
}

std::string_view Filter(std::string_view table) {
  // All other Azure resources share this table.
  if (table == "AzureDiagnostics")
    return " | where ResourceProvider =~ 'MICROSOFT.KEYVAULT' and Category =~ 'AuditEvent'";
  return "";
}

std::string Text(const Dynamic* value) {
  return value != nullptr && value->string() != nullptr ? *value->string() : "";
}

// The message of an error object and of all that is nested in it.
std::string ErrorText(const Dynamic& error) {
  std::string text = fmt::format("{}: {}", Text(error.Find("code")), Text(error.Find("message")));
  const Dynamic* inner = error.Find("innererror");
  return inner == nullptr ? text : text + " / " + ErrorText(*inner);
}

Answer Problem(AnswerKind kind, std::string problem) {
  Answer answer;
  answer.kind = kind;
  answer.problem = std::move(problem);
  return answer;
}

// A bag comes as JSON in a string, as all dynamic cells do, or as it is.
bool ReadRow(const Dynamic& cells, Answer* answer) {
  const Dynamic::Array* array = cells.array();
  if (array == nullptr || array->size() < 3)
    return false;
  std::optional<Ticks> ingested = record::ParseIsoDatetime(Text(&(*array)[1]));
  if (!ingested)
    return false;
  std::string table = Text(&(*array)[0]);
  if (table == kClock) {
    answer->service_now = *ingested;
    return true;
  }
  const Dynamic& bag = (*array)[2];
  std::optional<Dynamic> parsed = bag.string() != nullptr ? record::ParseJson(*bag.string()) : bag;
  if (!parsed || parsed->object() == nullptr)
    return false;
  answer->rows.push_back({std::move(table), *ingested, *std::move(parsed)});
  return true;
}

Answer ReadTables(const std::string& body) {
  std::optional<Dynamic> json = record::ParseJson(body);
  if (!json)
    return Problem(AnswerKind::kWait, "Log Analytics answered with something that is not JSON");
  Answer answer;
  answer.kind = AnswerKind::kRows;
  const Dynamic* error = json->Find("error");
  if (error != nullptr && !error->is_null()) {
    answer.kind = AnswerKind::kTooMuch;
    answer.problem = "Log Analytics answered in part: " + ErrorText(*error);
  }
  const Dynamic* tables = json->Find("tables");
  const Dynamic* table = tables == nullptr ? nullptr : tables->At(0);
  const Dynamic* rows = table == nullptr ? nullptr : table->Find("rows");
  if (rows == nullptr || rows->array() == nullptr) {
    if (answer.kind == AnswerKind::kTooMuch)
      return answer;
    return Problem(AnswerKind::kWait, "Log Analytics answered without tables[0].rows");
  }
  for (const Dynamic& row : *rows->array()) {
    if (!ReadRow(row, &answer)) {
      return Problem(AnswerKind::kWait,
                     "Log Analytics answered with a row that is not (table, time, bag)");
    }
  }
  if (answer.kind == AnswerKind::kRows && rows->array()->size() >= kMostRows)
    answer.kind = AnswerKind::kTooMuch;
  if (answer.kind == AnswerKind::kRows && answer.service_now == 0)
    return Problem(AnswerKind::kWait, "Log Analytics did not tell the time with its answer");
  return answer;
}

// What the service says, shortened for a log line.
std::string Said(const http::Response& response) {
  std::optional<Dynamic> json = record::ParseJson(response.body);
  const Dynamic* error = json ? json->Find("error") : nullptr;
  std::string text = error == nullptr ? response.body : ErrorText(*error);
  return text.substr(0, 500);
}

std::chrono::milliseconds RetryAfter(const http::Response& response) {
  std::string text = response.Header("retry-after");
  int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 600));
}

}  // namespace

std::string QueryBody(const std::vector<std::string>& tables, const Slice& slice) {
  std::string query = "union isfuzzy=true ";
  for (const std::string& table : tables) {
    query += fmt::format(
        "({} | where ingestion_time() >= {} and ingestion_time() < {}{} | project Table = '{}', "
        "Ingested = ingestion_time(), Row = pack_all(true)), ",
        table,
        Datetime(slice.from),
        Datetime(slice.to),
        Filter(table),
        table);
  }
  query += fmt::format("(print Table = '{}', Ingested = now(), Row = dynamic(null))", kClock);
  query += " | project Table, Ingested, Row | order by Ingested asc";
  std::string body = "{\"query\":";
  record::AppendJsonString(query, &body);
  body += fmt::format(",\"timespan\":\"{}/{}\"}}",
                      record::FormatDatetime(slice.from - kOldest),
                      record::FormatDatetime(slice.to + kNewest));
  return body;
}

Answer ReadAnswer(const http::Response& response) {
  if (response.error != http::TransportError::kNone) {
    return Problem(AnswerKind::kWait, "Log Analytics cannot be reached: " + response.error_detail);
  }
  Answer answer;
  switch (response.status) {
    case 200:
      if (!response.body_complete)
        return Problem(AnswerKind::kTooMuch, "the answer of Log Analytics is too long");
      return ReadTables(response.body);
    case 429:
      answer =
          Problem(AnswerKind::kWait,
                  "Log Analytics throttles this identity (429): ask less often (poll_interval), "
                  "or give keywatch an identity of its own");
      break;
    case 401:
    case 403:
      answer = Problem(AnswerKind::kRefused,
                       fmt::format("Log Analytics refuses this identity ({}): give it the role Log "
                                   "Analytics Reader on the workspace; {}",
                                   response.status,
                                   Said(response)));
      break;
    case 400:
    case 404:
      answer = Problem(AnswerKind::kRefused,
                       fmt::format("Log Analytics refuses the query ({}): check workspace_id; {}",
                                   response.status,
                                   Said(response)));
      break;
    case 504:  // the query took too long
      answer = Problem(AnswerKind::kTooMuch, "Log Analytics ran out of time (504)");
      break;
    default:
      answer = Problem(
          AnswerKind::kWait,
          fmt::format("Log Analytics answered HTTP {}: {}", response.status, Said(response)));
  }
  answer.retry_after = RetryAfter(response);
  return answer;
}

}  // namespace keywatch::loganalytics
