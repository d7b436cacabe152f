// What is asked and what is answered: the documented contract of the query API
// (learn.microsoft.com/azure/azure-monitor/logs/api). Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/http/client.h"
#include "connectors/loganalytics/slice_plan.h"
#include "engine/record/dynamic.h"

namespace keywatch::loganalytics {

// The most rows that the service answers with; as many may be fewer than there are.
inline constexpr size_t kMostRows = 500'000;

// The body of a request: rows of the tables that were ingested in the slice, as (table, ingestion
// time, row without its empty columns), and one row that tells the service's time. A table that has
// no rows yet does not exist there, and is no error.
std::string QueryBody(const std::vector<std::string>& tables, const Slice& slice);

struct Row {
  std::string table;
  Ticks ingested = 0;
  record::Dynamic columns;  // a bag
};

enum class AnswerKind {
  kRows,     // all of them
  kTooMuch,  // `rows` are some of them
  kWait,     // try again after `retry_after`, or when a backoff says
  kRefused,  // as kWait, but somebody must change something first
};

struct Answer {
  AnswerKind kind = AnswerKind::kWait;
  std::vector<Row> rows;
  Ticks service_now = 0;
  std::string problem;  // what to do about it
  std::chrono::milliseconds retry_after{0};
};

Answer ReadAnswer(const http::Response& response);

}  // namespace keywatch::loganalytics
