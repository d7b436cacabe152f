// How fast bytes become columns, as a ratio to the bare parse of the same bytes in the same run.
//   decode_bench --benchmark_enable_random_interleaving --benchmark_repetitions=9
//                --benchmark_report_aggregates_only
// The ratio of the medians is bare_parse / decode.
#include <array>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "connectors/decode/json_decoder.h"
#include "tests/bench/bare_parse.h"
#include "tests/bench/decode_records.h"

namespace keywatch::bench {
namespace {

constexpr size_t kRecords = 20'000;

const std::vector<std::string>& Lines() {
  static const std::vector<std::string> lines = GenerateRecords(kRecords, 1);
  return lines;
}

const std::vector<std::string>& Messages() {
  static const std::vector<std::string> messages = EventHubsMessages(Lines(), 50);
  return messages;
}

record::BatchLayout Layout() {
  constexpr std::array<std::string_view, 20> kColumns = {
      "TimeGenerated",
      "ResourceId",
      "Category",
      "Resource",
      "ResourceType",
      "OperationName",
      "OperationVersion",
      "ResultType",
      "ResultSignature",
      "DurationMs",
      "CallerIPAddress",
      "CorrelationId",
      "identity_claim_oid_g",
      "identity_claim_appid_g",
      "identity_claim_upn_s",
      "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g",
      "requestUri_s",
      "id_s",
      "clientInfo_s",
      "httpStatusCode_d"};
  record::BatchLayout layout;
  const record::Table* table = record::SchemaCatalog::Builtin().Find("AzureDiagnostics");
  for (const record::TableColumn& column : table->columns) {
    for (std::string_view wanted : kColumns) {
      if (column.name == wanted)
        layout.Add(*table, column);
    }
  }
  return layout;
}

void Report(benchmark::State& state, const std::vector<std::string_view>& views) {
  size_t bytes = 0;
  for (std::string_view view : views)
    bytes += view.size();
  state.SetBytesProcessed(static_cast<int64_t>(bytes) * state.iterations());
  state.counters["ns_per_record"] = benchmark::Counter(
      static_cast<double>(kRecords) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BareParseBench(benchmark::State& state, const std::vector<std::string>& texts, bool lines) {
  std::string buffer;
  std::vector<std::string_view> views = Padded(texts, &buffer);
  BareParse parse;
  for (auto _ : state) {
    for (std::string_view view : views) {
      size_t bytes = lines ? parse.Line(view) : parse.Records(view);
      if (bytes == 0)
        state.SkipWithError("the bare parse failed");
      benchmark::DoNotOptimize(bytes);
    }
  }
  Report(state, views);
}

void DecodeBench(benchmark::State& state, const std::vector<std::string>& texts) {
  std::string buffer;
  std::vector<std::string_view> views = Padded(texts, &buffer);
  std::string origin = "bench/0";
  pipeline::RawBatch batch;
  for (std::string_view view : views)
    batch.messages.push_back({&origin, 0, view, 0});
  decode::JsonDecoder decoder(Layout());
  record::RecordBatch out;
  for (auto _ : state) {
    size_t rows = 0;
    for (size_t next = 0; next < batch.messages.size();) {
      decoder.Decode(batch, &next, &out, [&](const pipeline::RejectedRecord&) {
        state.SkipWithError("a record was rejected");
      });
      rows += out.rows;
    }
    if (rows != kRecords)
      state.SkipWithError("a record is missing");
  }
  Report(state, views);
}

BENCHMARK_CAPTURE(BareParseBench, messages, Messages(), false)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(DecodeBench, messages, Messages())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BareParseBench, lines, Lines(), true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(DecodeBench, lines, Lines())->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keywatch::bench
