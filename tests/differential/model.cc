#include "tests/differential/model.h"

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "engine/base/check.h"
#include "engine/base/diagnostics.h"
#include "engine/bind/binder.h"
#include "engine/kql/parser.h"
#include "engine/record/schema_catalog.h"

namespace keywatch::differential {
namespace {

constexpr char kTable[] =
    "column,type,source,storage,meaning\n"
    "TimeGenerated,datetime,@event_time,text,\n"
    "K,string,k,dictionary,\n"
    "Ip,string,ip,dictionary,\n"
    "X,long,x,text,\n"
    "B,bool,b,text,\n";

const record::SchemaCatalog& Catalog() {
  static const auto* catalog = [] {
    auto* made = new record::SchemaCatalog();
    Status added = made->AddCsv("Events", kTable);
    KEYWATCH_CHECK(added.ok(), added.message().c_str());
    return made;
  }();
  return *catalog;
}

}  // namespace

const std::vector<Rule>& Rules() {
  using Columns = std::vector<size_t>;
  static const std::vector<Rule> rules = {
      {"stateless", 20, "Events | where X > 5", std::nullopt},
      {"stateless_recent",
       20,
       "Events | where TimeGenerated > ago(7tick) and K == 'a'",
       std::nullopt},
      {"stateless_later", 20, "Events | where TimeGenerated < ago(3tick) and X > 6", std::nullopt},
      {"count", 20, "Events | summarize c=count() by K | where c > 2", Columns{0}},
      {"count_ip",
       15,
       "Events | where B | summarize c=count() by K, Ip | where c >= 2",
       Columns{0, 1}},
      {"count_bin",
       30,
       "Events | summarize c=count() by K, bin(TimeGenerated, 5tick) | where c > 1",
       Columns{0, 1}},
      {"sets",
       25,
       "Events | summarize d=dcount(Ip), s=make_set(Ip), l=make_list(X), mx=max(X), mn=min(X), "
       "t=max(TimeGenerated) by K | where d >= 3",
       Columns{0}},
      {"average", 20, "Events | summarize a=avg(X) by K | where a > 5", Columns{0}},
      // Enough rows that a sum of their ticks does not fit 64 bits.
      {"average_time",
       120,
       "Events | summarize t=avg(TimeGenerated), c=count() | where c > 15",
       Columns{}},
      // Infinity comes and goes; the other values are whole, so that the order of adding is no
      // matter.
      {"sum_infinite",
       20,
       "Events | extend Y = 1.0 / iff(X == 0, 0, 1) | summarize s=sum(Y), a=avg(Y) by K "
       "| where s > 3",
       Columns{0}},
      {"few", 25, "Events | summarize c=count() by K | where c < 2", Columns{0}},
      // Conditions that stay true once they are: raised on arrival, late records or not.
      {"first_then_last",
       25,
       "Events | summarize f=min(iff(X < 3, TimeGenerated, datetime(null))), "
       "l=max(iff(X > 6, TimeGenerated, datetime(null))) by K | where f < l",
       Columns{0}},
      {"last_after_first_of_recent",
       30,
       "Events | where TimeGenerated > ago(12tick) | summarize c=countif(B), f=min(iff(B, X, "
       "long(null))), "
       "l=max(X) by K, Ip | where l > f and c >= 2",
       Columns{0, 1}},
      {"either",
       20,
       "Events | summarize c=count(), d=dcount(Ip), s=make_set(X) by K, B "
       "| where (B and c > 4) or (d >= 3 and array_length(s) > 2) or (not(B) and c > 6)",
       Columns{0, 1}},
      {"sequence_of_the_unknown",
       40,
       "Events | where TimeGenerated > ago(10tick) "
       "| join kind=leftanti (Events | where TimeGenerated between (ago(40tick) .. ago(10tick)) "
       "and B) on K, Ip "
       "| summarize c=countif(X < 5), f=min(iff(X < 5, TimeGenerated, datetime(null))), "
       "l=max(iff(X >= 5, TimeGenerated, datetime(null))) by K, Ip | where c >= 1 and f < l",
       Columns{0, 1}},
      // These do not stay true: they wait.
      {"last_before_last",
       25,
       "Events | summarize f=max(iff(X < 3, TimeGenerated, datetime(null))), "
       "l=max(iff(X > 6, TimeGenerated, datetime(null))) by K | where f < l",
       Columns{0}},
      {"either_of_which_one_falls",
       20,
       "Events | summarize c=count(), m=min(X) by K | where c > 5 or m > 4",
       Columns{0}},
      {"window",
       30,
       "Events | where TimeGenerated between (ago(12tick) .. ago(3tick)) "
       "| summarize c=countif(X > 3) by Ip | where c > 1",
       Columns{0}},
      {"new_ip",
       40,
       "let recent = Events | where TimeGenerated > ago(6tick) and B; "
       "let baseline = Events | where TimeGenerated between (ago(30tick) .. ago(6tick)); "
       "recent | join kind=leftanti baseline on Ip",
       {}},
      {"new_pair",
       40,
       "let recent = Events | where TimeGenerated > ago(8tick); "
       "let baseline = Events | where TimeGenerated < ago(8tick); "
       "baseline | join kind=rightanti recent on K, Ip | summarize c=count(), ips=make_set(Ip) by "
       "K",
       Columns{0}},
      // Rows of the known are not kept. Several sides, computed keys, a longer recent window.
      {"new_of_either",
       40,
       "let known = Events | where TimeGenerated between (ago(38tick) .. ago(4tick)); "
       "union (Events | where TimeGenerated > ago(15tick) and B | project K = strcat(K, '.'), X, "
       "Ip), "
       "(Events | where TimeGenerated > ago(9tick) and X > 6 | project K = strcat(K, '.'), X, Ip) "
       "| join kind=leftanti (known | where X < 8 | project K = strcat(K, '.')) on K "
       "| join kind=leftanti (known | where B | project Ip) on Ip "
       "| summarize c=count(), m=max(X) by K | where c > 1",
       Columns{0}},
      {"new_for_one_key_of_two",
       40,
       "Events | where TimeGenerated > ago(12tick) | extend L = iff(B, K, 'a') "
       "| join kind=leftanti (Events | where TimeGenerated < ago(12tick) | project K, L = K) "
       "on K, L | summarize c=count() by K",
       Columns{0}},
      {"no_lag",
       20,
       "Events | where X == 9 | join kind=leftanti (Events | where X < 2) on K",
       std::nullopt},
      {"distinct", 20, "Events | where X > 2 | distinct K, Ip", std::nullopt},
      {"in_subquery",
       25,
       "let bad = Events | where X > 6 | summarize c=count() by K | where c > 1 | project K; "
       "Events | where K in (bad) | summarize c=count(), d=dcount(Ip) by Ip | where c > 1",
       Columns{0}},
      {"in_own_key",
       25,
       "let bad = Events | where X > 4 | summarize c=count() by Ip | where c > 1 | project Ip; "
       "Events | where Ip in (bad) and B | project TimeGenerated, Ip, X",
       {}},
      {"not_in",
       30,
       "Events | where TimeGenerated > ago(6tick) "
       "| where Ip !in ((Events | where TimeGenerated < ago(6tick) | project Ip))",
       {}},
      {"union",
       20,
       "union (Events | summarize c=count() by Who=K | where c > 3), "
       "(Events | summarize c=count() by Who=Ip | where c > 3)",
       Columns{0}},
      {"everything", 15, "Events | summarize c=count(), d=dcount(K) | where c > 4", Columns{}},
      {"two_levels",
       25,
       "Events | summarize c=count() by K, Ip | where c > 1 | summarize n=count() by K | where n > "
       "1",
       Columns{0}},
      {"group_then_anti",
       40,
       "Events | where TimeGenerated > ago(10tick) | summarize c=count() by Ip | where c > 1 "
       "| join kind=leftanti (Events | where TimeGenerated between (ago(40tick) .. ago(10tick)) "
       "| distinct Ip) on Ip",
       Columns{0}},
      {"sum_and_last",
       20,
       "Events | summarize s=sum(X), newest=arg_max(TimeGenerated, B) by K | where s >= 0 "
       "| project K, s, newest",
       Columns{0}},
      {"allowed",
       25,
       "let allowed = datatable(Ip: string, After: long) [\"u\", 10, \"v\", 30, \"v\", 18, \"w\", "
       "200] "
       "| extend Expires = datetime(2022-09-28T22:13:20Z) + After * 1tick; "
       "Events | where TimeGenerated > ago(10tick) "
       "| join kind=leftanti (allowed | where Expires > now()) on Ip "
       "| summarize c=count() by K | where c > 1",
       Columns{0}},
      {"watched",
       25,
       "let watched = datatable(Ip: string, From: long, To: long) [\"u\", 4, 20, \"x\", 0, 40] "
       "| extend Zero = datetime(2022-09-28T22:13:20Z); "
       "Events | where Ip in ((watched | where Zero + From * 1tick <= now() and "
       "Zero + To * 1tick > now() | project Ip))",
       std::nullopt},
      // What was announced and does not come: known rows are kept, and looked at when their time is
      // over.
      {"announced",
       25,
       R"(let announced = datatable(Id: long, Ip: string, To: long) [1, "u", 15, 2, "v", 30, 3, "u",
       44, 4, "w", 75, 5, "x", -40, 6, "v", 100, 6, "v", 100, 7, "none", 61, 8, "x", 112]
       | extend Until = datetime(2022-09-28T22:13:20Z) + To * 1tick;
       announced | where Until between (ago(8tick) .. now())
       | join kind=leftanti (Events | where X > 4) on Ip)",
       Columns{0},
       120},
      {"announced_between",
       30,
       R"(let announced = datatable(Ip: string, From: long, To: long) ["u", 5, 15, "v", 21, 30, "u",
       42, 47, "w", 60, 75, "v", 81, 99, "none", 100, 110]
       | extend Zero = datetime(2022-09-28T22:13:20Z)
       | project Ip, From = Zero + From * 1tick, Until = Zero + To * 1tick, Slot = From / 20;
       let came = Events | extend Slot = (TimeGenerated - datetime(2022-09-28T22:13:20Z)) / 20tick
       | extend Slot = tolong(Slot) | join kind=inner announced on Ip, Slot
       | where TimeGenerated between (From .. Until);
       announced | where Until < now() and Until > ago(9tick)
       | join kind=leftanti came on Ip, Slot | summarize c=count(), s=max(Slot) by Ip)",
       Columns{0},
       120},
      {"announced_and_come",
       20,
       R"(let announced = datatable(Id: long, Ip: string, To: long) [1, "u", 15, 2, "v", 90]
       | extend Until = datetime(2022-09-28T22:13:20Z) + To * 1tick;
       announced | where Until > ago(10tick) | where Ip in ((Events | where B | project Ip)))",
       Columns{0},
       120},
      {"announced_not_in",
       20,
       R"(let announced = datatable(Id: long, Ip: string, To: long) [1, "u", 15, 2, "v", 90]
       | extend Until = datetime(2022-09-28T22:13:20Z) + To * 1tick;
       announced | where Until < ago(3tick) and Until >= ago(12tick)
       | where Ip !in ((Events | where TimeGenerated < ago(3tick) | project Ip)))",
       Columns{0},
       120},
      {"owners",
       20,
       "let owners = datatable(Ip: string, Owner: string) [\"u\", \"ann\", \"v\", \"bob\", \"w\", "
       "\"ann\"]; "
       "Events | join kind=leftouter owners on Ip | summarize c=count() by Owner | where c > 2",
       Columns{0}},
  };
  return rules;
}

plan::NodePtr PlanOf(const Rule& rule) {
  SourceText source{rule.name, rule.query, 1, 0};
  Diagnostics diagnostics;
  kql::Query query = kql::Parse(source, &diagnostics);
  plan::NodePtr bound =
      diagnostics.has_errors() ? nullptr : bind::Bind(query, Catalog(), &diagnostics);
  KEYWATCH_CHECK(bound != nullptr, Format(source, diagnostics).c_str());
  return bound;
}

record::Schema EventSchema() { return Catalog().Find("Events")->schema(); }

record::Row ToRow(const Event& event) {
  using record::Value;
  return {Value::Datetime(kBase + event.time),
          Value::String(event.k),
          Value::String(event.ip),
          Value::Long(event.x),
          Value::Bool(event.b)};
}

Stream RandomStream(uint64_t seed, const StreamShape& shape) {
  std::mt19937_64 random(seed);
  auto pick = [&](uint64_t n) { return random() % n; };
  std::vector<std::pair<Ticks, Event>> arrivals;
  for (size_t i = 0; i < shape.events; ++i) {
    Event event;
    event.time = static_cast<Ticks>(pick(static_cast<uint64_t>(shape.span)));
    event.k = std::string(1, static_cast<char>('a' + pick(3)));
    event.ip = std::string(1, static_cast<char>('u' + pick(6)));
    event.x = static_cast<int64_t>(pick(10));
    event.b = pick(2) == 0;
    event.id = i + 1;
    auto lag = shape.lateness == 0 || pick(3) != 0
                   ? 0
                   : static_cast<Ticks>(pick(static_cast<uint64_t>(shape.lateness) + 1));
    arrivals.emplace_back(event.time + lag, event);
    if (static_cast<double>(pick(1000)) < shape.duplicates * 1000) {
      Ticks again = shape.lateness == 0
                        ? 0
                        : static_cast<Ticks>(pick(static_cast<uint64_t>(shape.lateness) + 1));
      arrivals.emplace_back(event.time + again, event);
    }
  }
  std::stable_sort(arrivals.begin(), arrivals.end(), [](const auto& a, const auto& b) {
    return a.first < b.first;
  });
  Stream stream;
  for (auto& [at, event] : arrivals)
    stream.push_back(std::move(event));
  return stream;
}

std::string FormatCase(const std::string& rule, const Stream& stream) {
  std::ostringstream out;
  out << "rule " << rule << "\n";
  for (const Event& e : stream) {
    out << e.time << ' ' << e.k << ' ' << e.ip << ' ' << e.x << ' ' << e.b << ' ' << e.id << "\n";
  }
  return out.str();
}

bool ParseCase(const std::string& text, std::string* rule, Stream* stream) {
  std::istringstream in(text);
  std::string word;
  if (!(in >> word >> *rule) || word != "rule")
    return false;
  Event e;
  while (in >> e.time >> e.k >> e.ip >> e.x >> e.b >> e.id)
    stream->push_back(e);
  return in.eof() && !stream->empty();
}

}  // namespace keywatch::differential
