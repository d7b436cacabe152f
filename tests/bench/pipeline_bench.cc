// From bytes to alerts, as a ratio to the bare parse of the same bytes in the same run. Command and
// table: docs/performance.md.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "connectors/decode/json_decoder.h"
#include "engine/alert/alert_json.h"
#include "engine/pipeline/duplicates.h"
#include "engine/pipeline/rule_engine.h"
#include "engine/rule/rule_compiler.h"
#include "tests/bench/bare_parse.h"
#include "tests/bench/decode_records.h"
#include "tests/bench/generated_rules.h"

namespace keywatch::bench {
namespace {

constexpr size_t kRecords = 80'000;  // of one day: the generator's clock turns at midnight
constexpr unsigned kSeed = 1;
constexpr bool kStateless = true;
constexpr bool kWithState = false;

const std::vector<std::string>& Messages() {
  static const std::vector<std::string> messages =
      EventHubsMessages(GenerateRecords(kRecords, kSeed), 50);
  return messages;
}

void ReportPerRecord(benchmark::State& state) {
  state.counters["ns_per_record"] = benchmark::Counter(
      static_cast<double>(kRecords) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BareParseBench(benchmark::State& state) {
  std::string buffer;
  std::vector<std::string_view> views = Padded(Messages(), &buffer);
  BareParse parse;
  for (auto _ : state) {
    for (std::string_view view : views)
      benchmark::DoNotOptimize(parse.Records(view));
  }
  ReportPerRecord(state);
}
BENCHMARK(BareParseBench)->Unit(benchmark::kMillisecond);

std::vector<rule::CompiledRule> Compiled(size_t count, bool stateless) {
  std::vector<rule::CompiledRule> compiled;
  size_t number = 0;
  for (const GeneratedRule& generated : GenerateRules(count, stateless, kSeed)) {
    rule::RuleCompilation one =
        rule::CompileRule(ToSentinelRule(generated, number++), record::SchemaCatalog::Builtin());
    if (one.compiled)
      compiled.push_back(std::move(*one.compiled));
  }
  return compiled;
}

// What a source, the decoder, the duplicate filter, the rules and the alert format do with all
// messages; every iteration begins without state.
void PipelineBench(benchmark::State& state, bool stateless) {
  auto count = static_cast<size_t>(state.range(0));
  std::string buffer;
  std::string origin = "bench/0";
  pipeline::RawBatch batch;
  for (std::string_view view : Padded(Messages(), &buffer))
    batch.messages.push_back({&origin, 0, view, 0});
  std::vector<rule::CompiledRule> rules = Compiled(count, stateless);
  if (rules.size() != count) {
    state.SkipWithError("a generated rule does not compile");
    return;
  }
  uint64_t alerts = 0;
  size_t state_rows = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto engine = std::make_unique<pipeline::RuleEngine>(
        rules, record::SchemaCatalog::Builtin(), pipeline::EngineSettings{});
    decode::JsonDecoder decoder(engine->layout());
    pipeline::Duplicates duplicates(engine->settings().lateness);
    record::RecordBatch rows;
    std::vector<bool> fresh;
    std::vector<alert::Alert> found;
    alerts = 0;
    state.ResumeTiming();
    for (size_t next = 0; next < batch.messages.size();) {
      decoder.Decode(batch, &next, &rows, [&](const pipeline::RejectedRecord&) {
        state.SkipWithError("a record was rejected");
      });
      duplicates.Mark(rows, &fresh);
      found.clear();
      engine->Process(rows, fresh, &found);
      for (const alert::Alert& alert : found)
        benchmark::DoNotOptimize(alert::ToJson(alert));
      alerts += found.size();
    }
    state.PauseTiming();
    state_rows = 0;
    for (const pipeline::RuleReport& report : engine->Report())
      state_rows += report.state_rows;
    engine.reset();
    state.ResumeTiming();
  }
  ReportPerRecord(state);
  state.counters["alerts"] = static_cast<double>(alerts);
  state.counters["state_rows"] = static_cast<double>(state_rows);
}
BENCHMARK_CAPTURE(PipelineBench, stateless, kStateless)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PipelineBench, state, kWithState)
    ->Arg(1)
    ->Arg(10)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond);

void NaiveBench(benchmark::State& state, bool stateless) {
  auto count = static_cast<size_t>(state.range(0));
  std::string buffer;
  std::vector<std::string_view> views = Padded(Messages(), &buffer);
  int64_t alerts = 0;
  for (auto _ : state) {
    NaiveEvaluator naive(GenerateRules(count, stateless, kSeed));
    alerts = 0;
    for (std::string_view view : views)
      alerts += naive.Message(view);
  }
  ReportPerRecord(state);
  state.counters["alerts"] = static_cast<double>(alerts);
}
BENCHMARK_CAPTURE(NaiveBench, stateless, kStateless)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(NaiveBench, state, kWithState)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace keywatch::bench
