// Delta against batch, at every alignment of the schedule: the heart of the test suite.
//
// For a rule with period p, every instant T is a scheduled run of some phase. For random streams
// with late, doubled and simultaneous events:
//   exact     the delta state as of T is the batch result at T, for every T
//   complete  every maximal interval of T in which a result holds has a finding that starts in it
//   sound     every finding's row is the batch result at its start, over the records known then
//   ended     every finding of a rule with state is reported to be over exactly once, when it is
//   stable    findings and ends do not depend on batch sizes, duplicates, or a restart
// A failing stream is shrunk and written to KEYWATCH_CASE_DIR (default: build folder) as a case
// file; files in tests/differential/cases are run again every time.
//
// KEYWATCH_DIFFERENTIAL_STREAMS sets the number of random streams per rule.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "engine/batch/executor.h"
#include "engine/delta/delta_query.h"
#include "engine/optimize/optimize.h"
#include "tests/differential/model.h"

namespace keywatch::differential {
namespace {

using delta::DeltaQuery;
using delta::DeltaSettings;
using delta::Finding;
using record::Row;

// A row as text that does not depend on the order inside sets and lists.
std::string Normal(const Row& row) {
  std::string out;
  for (const record::Value& value : row) {
    if (value.type() == record::Type::kDynamic && !value.is_null() &&
        value.dynamic()->array() != nullptr) {
      std::vector<std::string> elements;
      for (const auto& element : *value.dynamic()->array())
        elements.push_back(ToJson(element));
      std::sort(elements.begin(), elements.end());
      for (const std::string& element : elements)
        out += element + ",";
    } else {
      out += record::ToText(value);
    }
    out += '|';
  }
  return out;
}

std::vector<std::string> NormalSorted(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows)
    out.push_back(Normal(row));
  std::sort(out.begin(), out.end());
  return out;
}

std::string KeyOf(const Rule& rule, const Row& row) {
  if (!rule.key)
    return Normal(row);
  Row key;
  for (size_t column : *rule.key)
    key.push_back(row[column]);
  return Normal(key);
}

// Distinct records with T - p <= time <= T.
batch::Tables Visible(const Stream& stream, size_t arrived, Ticks t, Ticks period) {
  batch::TableData table{EventSchema(), {}};
  std::set<uint64_t> seen;
  for (size_t i = 0; i < arrived; ++i) {
    const Event& event = stream[i];
    if (event.time < t - period || event.time > t || !seen.insert(event.id).second)
      continue;
    table.rows.push_back(ToRow(event));
  }
  batch::Tables tables;
  tables.emplace("Events", std::move(table));
  return tables;
}

std::vector<Row> BatchAt(
    const Rule& rule, const plan::NodePtr& plan, const Stream& stream, size_t arrived, Ticks t) {
  return batch::Execute(plan, Visible(stream, arrived, t, rule.period), kBase + t);
}

delta::EventClock Clock(Ticks newest) { return {kBase + newest, kBase + newest}; }

struct Runner {
  Runner(const Rule& rule, const plan::NodePtr& plan, Ticks lateness) : schema(EventSchema()) {
    Diagnostics diagnostics;
    auto delta = delta::MakeDeltaPlan(optimize::Optimize(plan), &diagnostics);
    KEYWATCH_CHECK(delta.has_value(), Format({rule.name, rule.query, 1, 0}, diagnostics).c_str());
    DeltaSettings settings;
    settings.period = rule.period;
    settings.lateness = lateness;
    settings.hold_while_learning = false;
    settings.report_ends = true;
    query = std::make_unique<DeltaQuery>(std::move(*delta), settings);
  }

  // Feeds stream[from, to) as one batch.
  void Feed(const Stream& stream, size_t from, size_t to, std::vector<Finding>* found) {
    query->Begin(kBase - 1);  // before every T that is compared
    std::vector<Row> rows;
    std::vector<delta::RowMeta> meta;
    for (size_t i = from; i < to; ++i) {
      rows.push_back(ToRow(stream[i]));
      delta::EventClock before = Clock(newest);
      newest = std::max(newest, stream[i].time);
      meta.push_back({static_cast<uint32_t>(i - from),
                      kBase + stream[i].time,
                      before,
                      Clock(newest),
                      stream[i].id});
    }
    for (size_t b = 0; b < query->plan().branches.size(); ++b) {
      const auto& branch = query->plan().branches[b];
      for (size_t l = 0; l < branch.leaves.size(); ++l) {
        if (branch.leaves[l].is_constant())
          continue;
        const record::Schema& wanted = branch.leaves[l].columns;
        std::vector<Row> picked(rows.size());
        for (size_t r = 0; r < rows.size(); ++r) {
          for (const auto& column : wanted.columns)
            picked[r].push_back(rows[r][*schema.Find(column.name)]);
        }
        eval::Chunk chunk = eval::ToChunk(
            picked.data(), picked.size(), wanted, std::vector<bool>(wanted.columns.size(), true));
        query->Stage(b, l, chunk, meta);
      }
    }
    query->Run([](uint32_t) { return std::make_shared<const record::Evidence>(); }, found);
    query->AdvanceTo(Clock(newest), found);
  }

  record::Schema schema;
  std::unique_ptr<DeltaQuery> query;
  Ticks newest = -1'000'000;
};

std::string Describe(const Finding& finding) {
  return std::to_string(finding.start - kBase) + " " + Normal(finding.row);
}

std::string Identity(const Row& key, Ticks start) {
  return std::to_string(start - kBase) + " " + Normal(key);
}

// What a check found wrong; empty: nothing.
using Check = std::string (*)(const Rule&, const plan::NodePtr&, const Stream&, uint64_t* runs);

Ticks LastT(const Rule& rule, const Stream& stream) {
  Ticks last = rule.known_until;
  for (const Event& event : stream)
    last = std::max(last, event.time);
  return last + rule.period + 2;
}

std::string CheckExact(const Rule& rule,
                       const plan::NodePtr& plan,
                       const Stream& stream,
                       uint64_t* runs) {
  Runner runner(rule, plan, 1'000'000);  // nothing is late, nothing is forgotten
  std::vector<Finding> found;
  for (size_t i = 0; i < stream.size(); ++i)
    runner.Feed(stream, i, i + 1, &found);
  bool stateless = runner.query->plan().branches[0].stateless;
  if (stateless)
    return "";  // keeps no state to compare; its findings are checked below
  for (Ticks t = -1; t <= LastT(rule, stream); ++t) {
    ++*runs;
    auto expected = NormalSorted(BatchAt(rule, plan, stream, stream.size(), t));
    auto actual = NormalSorted(runner.query->ResultsAt(kBase + t));
    if (expected == actual)
      continue;
    std::ostringstream out;
    out << "T=" << t << "\n batch:";
    for (const auto& row : expected)
      out << " " << row;
    out << "\n delta:";
    for (const auto& row : actual)
      out << " " << row;
    return out.str();
  }
  return "";
}

// A record is late when the watermark has reached it: the allowed lateness is one tick more than
// the streams have.
constexpr Ticks kStreamLateness = 5;
constexpr Ticks kLateness = kStreamLateness + 1;

// By identity of the finding: its key as results have it, and when it began.
using FindingsById = std::map<std::string, std::pair<std::string, Ticks>>;

// Nothing is late here, so the batch results over all records are final.
std::string CheckEnds(const Rule& rule,
                      const plan::NodePtr& plan,
                      const Stream& stream,
                      FindingsById open,
                      const std::vector<delta::Ended>& ends) {
  std::map<Ticks, std::set<std::string>> results;
  auto holds = [&](const std::string& key, Ticks t) {
    auto [entry, is_new] = results.try_emplace(t);
    if (is_new) {
      for (const Row& row : BatchAt(rule, plan, stream, stream.size(), t))
        entry->second.insert(KeyOf(rule, row));
    }
    return entry->second.contains(key);
  };
  for (const delta::Ended& ended : ends) {
    auto finding = open.find(Identity(ended.key, ended.start));
    if (finding == open.end())
      return "ended twice, or never began: " + Identity(ended.key, ended.start);
    const auto& [key, start] = finding->second;
    Ticks end = ended.end - kBase;
    std::string what = key + " from " + std::to_string(start) + " to " + std::to_string(end);
    bool same_rows = !rule.key.has_value();  // another record may give the same row
    if (!same_rows && holds(key, end))
      return "ended too early: " + what;
    for (Ticks t = start; t < end && holds(key, start); ++t) {
      if (!holds(key, t))
        return "ended too late: " + what;
    }
    open.erase(finding);
  }
  return open.empty() ? "" : "never ended: " + open.begin()->first;
}

std::string CheckFindings(const Rule& rule,
                          const plan::NodePtr& plan,
                          const Stream& stream,
                          uint64_t* runs) {
  Runner runner(rule, plan, kLateness);
  std::vector<Finding> found;
  std::map<std::string, std::set<Ticks>> starts;  // by key
  FindingsById by_id;
  std::vector<delta::Ended> ends;
  auto judge = [&](size_t arrived) -> std::string {
    for (const Finding& finding : found) {
      Ticks t = finding.start - kBase;
      starts[KeyOf(rule, finding.row)].insert(t);
      by_id[Identity(finding.key, finding.start)] = {KeyOf(rule, finding.row), t};
      auto rows = NormalSorted(BatchAt(rule, plan, stream, arrived, t));
      if (!std::binary_search(rows.begin(), rows.end(), Normal(finding.row))) {
        return "unsound after " + std::to_string(arrived) + " records: " + Describe(finding);
      }
    }
    found.clear();
    for (delta::Ended& ended : runner.query->TakeEnded())
      ends.push_back(std::move(ended));
    return "";
  };
  for (size_t i = 0; i < stream.size(); ++i) {
    runner.Feed(stream, i, i + 1, &found);
    if (std::string wrong = judge(i + 1); !wrong.empty())
      return wrong;
  }
  Ticks last = LastT(rule, stream);
  runner.query->AdvanceTo(Clock(last + kLateness), &found);
  if (std::string wrong = judge(stream.size()); !wrong.empty())
    return wrong;

  // Once everything has left the window, nothing may stay behind: state would grow with every key.
  runner.query->AdvanceTo(Clock(last + 2 * kLateness), &found);
  if (runner.query->rows() + runner.query->partitions() > 0 || !found.empty())
    return std::to_string(runner.query->rows()) + " rows are never forgotten";
  (void)judge(stream.size());
  if (runner.query->plan().branches[0].stateless)
    by_id.clear();
  if (std::string wrong = CheckEnds(rule, plan, stream, by_id, ends); !wrong.empty())
    return wrong;

  std::map<std::string, Ticks> open;  // key -> start of its interval
  auto close = [&](const std::string& key, Ticks start, Ticks end) -> std::string {
    auto own = starts.find(key);
    bool covered = own != starts.end() && own->second.lower_bound(start) != own->second.end() &&
                   *own->second.lower_bound(start) < end;
    if (covered)
      return "";
    return "missed: " + key + " holds in [" + std::to_string(start) + ", " + std::to_string(end) +
           ")";
  };
  for (Ticks t = -1; t <= last; ++t) {
    ++*runs;
    std::set<std::string> now;
    for (const Row& row : BatchAt(rule, plan, stream, stream.size(), t))
      now.insert(KeyOf(rule, row));
    for (const std::string& key : now)
      open.try_emplace(key, t);
    for (auto it = open.begin(); it != open.end();) {
      if (now.contains(it->first)) {
        ++it;
        continue;
      }
      if (std::string wrong = close(it->first, it->second, t); !wrong.empty())
        return wrong;
      it = open.erase(it);
    }
  }
  return "";
}

std::vector<std::string> AllFindings(const Rule& rule,
                                     const plan::NodePtr& plan,
                                     const Stream& stream,
                                     uint64_t seed,
                                     bool restart) {
  auto runner = std::make_unique<Runner>(rule, plan, kLateness);
  std::vector<Finding> found;
  std::vector<std::string> out;
  auto take_ends = [&](Runner* from) {
    for (const delta::Ended& ended : from->query->TakeEnded())
      out.push_back("end " + Identity(ended.key, ended.start) + std::to_string(ended.end - kBase));
  };
  uint64_t state = seed;
  for (size_t i = 0; i < stream.size();) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    size_t size = seed == 0 ? 1 : 1 + (state >> 33) % 7;
    size_t to = std::min(stream.size(), i + size);
    runner->Feed(stream, i, to, &found);
    i = to;
    if (restart && (state >> 20) % 4 == 0) {
      std::string bytes;
      state::ByteWriter writer(&bytes);
      runner->query->Save(&writer);
      auto next = std::make_unique<Runner>(rule, plan, kLateness);
      state::ByteReader reader(bytes);
      Status restored = next->query->Restore(&reader);
      if (!restored.ok())
        return {restored.message()};
      next->newest = runner->newest;
      take_ends(runner.get());
      runner = std::move(next);
    }
  }
  runner->query->AdvanceTo(Clock(LastT(rule, stream) + kLateness), &found);
  take_ends(runner.get());
  for (const Finding& finding : found)
    out.push_back(Describe(finding));
  std::sort(out.begin(), out.end());
  // Stateless rules leave duplicates to the alert id.
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string CheckStable(const Rule& rule,
                        const plan::NodePtr& plan,
                        const Stream& stream,
                        uint64_t* runs) {
  auto compare = [](const std::vector<std::string>& expected,
                    const std::vector<std::string>& actual,
                    const std::string& what) -> std::string {
    if (expected == actual)
      return "";
    std::ostringstream out;
    out << what << "\n expected:";
    for (const auto& f : expected)
      out << " [" << f << "]";
    out << "\n actual:";
    for (const auto& f : actual)
      out << " [" << f << "]";
    return out.str();
  };
  auto reference = AllFindings(rule, plan, stream, 0, false);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    ++*runs;
    auto split = AllFindings(rule, plan, stream, seed, false);
    if (auto wrong = compare(reference, split, "batch sizes matter"); !wrong.empty())
      return wrong;
    auto restarted = AllFindings(rule, plan, stream, seed, true);
    if (auto wrong = compare(reference, restarted, "a restart matters"); !wrong.empty())
      return wrong;
  }
  Stream once;
  std::set<uint64_t> seen;
  for (const Event& event : stream) {
    if (seen.insert(event.id).second)
      once.push_back(event);
  }
  return compare(AllFindings(rule, plan, once, 0, false), reference, "duplicates matter");
}

// The smallest stream that still fails, by leaving out events one after the other.
Stream Shrink(const Rule& rule, const plan::NodePtr& plan, Stream stream, Check check) {
  for (size_t i = 0; i < stream.size();) {
    Stream smaller = stream;
    smaller.erase(smaller.begin() + static_cast<ptrdiff_t>(i));
    uint64_t runs = 0;
    if (!smaller.empty() && !check(rule, plan, smaller, &runs).empty()) {
      stream = std::move(smaller);
    } else {
      ++i;
    }
  }
  return stream;
}

void Report(const Rule& rule,
            const plan::NodePtr& plan,
            const Stream& stream,
            Check check,
            const std::string& wrong) {
  Stream small = Shrink(rule, plan, stream, check);
  uint64_t runs = 0;
  std::string text = FormatCase(rule.name, small);
  const char* dir = std::getenv("KEYWATCH_CASE_DIR");
  std::string path = std::string(dir == nullptr ? "." : dir) + "/" + rule.name + ".case";
  std::ofstream(path) << text;
  ADD_FAILURE() << rule.name << ": " << wrong << "\nshrunk to " << path << ":\n"
                << text << check(rule, plan, small, &runs);
}

size_t StreamsPerRule() {
  const char* streams = std::getenv("KEYWATCH_DIFFERENTIAL_STREAMS");
  return streams == nullptr ? 30 : static_cast<size_t>(std::atoi(streams));
}

class Differential : public testing::TestWithParam<Rule> {};

TEST_P(Differential, EveryAlignment) {
  const Rule& rule = GetParam();
  plan::NodePtr plan = PlanOf(rule);
  uint64_t runs = 0;
  for (size_t s = 0; s < StreamsPerRule() && !HasFailure(); ++s) {
    StreamShape shape;
    shape.events = 5 + s * 7 % 40;
    shape.lateness = s % 3 == 0 ? 0 : kStreamLateness;
    shape.duplicates = s % 2 == 0 ? 0 : 0.3;
    Stream stream = RandomStream(s * 1000 + rule.name.size(), shape);
    for (Check check : {CheckExact, CheckFindings, CheckStable}) {
      std::string wrong = check(rule, plan, stream, &runs);
      if (wrong.empty())
        continue;
      Report(rule, plan, stream, check, wrong);
      break;
    }
  }
  RecordProperty("scheduled_runs", std::to_string(runs));
}

INSTANTIATE_TEST_SUITE_P(Rules, Differential, testing::ValuesIn(Rules()), [](const auto& rule) {
  return rule.param.name;
});

TEST(DifferentialCases, OnceFailed) {
  for (const auto& file : std::filesystem::directory_iterator(KEYWATCH_CASES)) {
    std::ifstream in(file.path());
    std::stringstream text;
    text << in.rdbuf();
    std::string name;
    Stream stream;
    ASSERT_TRUE(ParseCase(text.str(), &name, &stream)) << file.path();
    auto rule =
        std::find_if(Rules().begin(), Rules().end(), [&](const Rule& r) { return r.name == name; });
    ASSERT_NE(rule, Rules().end()) << file.path();
    plan::NodePtr plan = PlanOf(*rule);
    uint64_t runs = 0;
    for (Check check : {CheckExact, CheckFindings, CheckStable}) {
      EXPECT_EQ(check(*rule, plan, stream, &runs), "") << file.path();
    }
  }
}

}  // namespace
}  // namespace keywatch::differential
