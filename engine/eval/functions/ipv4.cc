// Functions of IPv4 addresses and networks in text. An address may carry the number of its leading
// bits that count ("10.1.2.3/16"); of two, the smaller number counts. A text that is neither makes
// the result null. Constant arguments are read once.
// Facts: learn.microsoft.com/azure/data-explorer/kusto/query/{ipv4-is-private,ipv4-is-in-range,
// ipv4-is-in-any-range,ipv4-is-match,ipv4-compare}-function.
#include <algorithm>
#include <array>

#include "engine/eval/ip.h"
#include "engine/eval/kernel.h"

namespace keywatch::eval {

using record::Type;

namespace {

using MaybeNetwork = std::optional<Ipv4Network>;

void PushTruth(std::optional<bool> truth, Vector* out) {
  truth ? out->PushInt(*truth ? 1 : 0) : out->PushNull();
}

void IsPrivateFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i)
    PushTruth(Ipv4IsPrivate(TextOf(call.args[0], i, &scratch)), out);
}

// The first two arguments, where they are constants.
struct PreparedPair : Prepared {
  std::array<std::optional<MaybeNetwork>, 2> constant;
};

std::shared_ptr<const Prepared> PreparePair(const plan::Expr& call) {
  auto prepared = std::make_shared<PreparedPair>();
  for (size_t a = 0; a < 2; ++a) {
    if (plan::IsLiteral(call.args[a]))
      prepared->constant[a] = ParseIpv4Network(record::ToText(call.args[a]->literal));
  }
  return prepared;
}

MaybeNetwork NetworkOf(const Call& call, size_t arg, size_t row, std::string* scratch) {
  const auto& constant = static_cast<const PreparedPair*>(call.prepared)->constant[arg];
  return constant ? *constant : ParseIpv4Network(TextOf(call.args[arg], row, scratch));
}

// The two addresses of a row as far as their bits count: -1, 0 or 1; null where one is none, or the
// third argument is no number of bits.
std::optional<int> CompareRow(const Call& call, size_t row, std::string* scratch) {
  MaybeNetwork a = NetworkOf(call, 0, row, scratch);
  MaybeNetwork b = NetworkOf(call, 1, row, scratch);
  if (!a || !b)
    return std::nullopt;
  unsigned bits = std::min(a->bits, b->bits);
  if (call.args.size() == 3) {
    if (call.args[2].IsNull(row) || call.args[2].Int(row) < 0 || call.args[2].Int(row) > 32)
      return std::nullopt;
    bits = std::min(bits, static_cast<unsigned>(call.args[2].Int(row)));
  }
  uint32_t left = Ipv4Network{a->address, bits}.first();
  uint32_t right = Ipv4Network{b->address, bits}.first();
  return left == right ? 0 : left < right ? -1 : 1;
}

void CompareFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::optional<int> order = CompareRow(call, i, &scratch);
    order ? out->PushInt(*order) : out->PushNull();
  }
}

void IsMatchFn(const Call& call, Vector* out) {
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::optional<int> order = CompareRow(call, i, &scratch);
    PushTruth(order ? std::optional(*order == 0) : std::nullopt, out);
  }
}

// Of two networks one holds the other or they have nothing in common, so "the smaller number of
// bits counts" is the question whether they overlap. Ranges are kept sorted and apart.
struct PreparedRanges : Prepared {
  struct Range {
    uint32_t first = 0;
    uint32_t last = 0;
  };
  std::vector<Range> ranges;
  bool unreadable = false;  // one of them is no network

  void Add(std::string_view text) {
    MaybeNetwork network = ParseIpv4Network(text);
    network ? ranges.push_back({network->first(), network->last()}) : void(unreadable = true);
  }

  void Arrange() {
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
      return a.first != b.first ? a.first < b.first : a.last > b.last;
    });
    // What lies in the range before it adds nothing.
    std::vector<Range> apart;
    for (const Range& range : ranges) {
      if (apart.empty() || range.first > apart.back().last)
        apart.push_back(range);
    }
    ranges = std::move(apart);
  }

  // As `or` over the ranges one by one: what cannot be read is null, and gives way to a true.
  [[nodiscard]] std::optional<bool> Holds(std::string_view text) const {
    MaybeNetwork network = ParseIpv4Network(text);
    if (!network)
      return std::nullopt;
    auto after = std::partition_point(ranges.begin(), ranges.end(), [&](const Range& range) {
      return range.last < network->first();
    });
    if (after != ranges.end() && after->first <= network->last())
      return true;
    return unreadable ? std::nullopt : std::optional(false);
  }
};

// One range, or all of those in an array that stands alone.
void AddRanges(const record::Value& value, bool alone, PreparedRanges* out) {
  const bool dynamic = value.type() == Type::kDynamic && !value.is_null();
  const record::Dynamic::Array* array = dynamic && alone ? value.dynamic()->array() : nullptr;
  if (array == nullptr)
    return out->Add(record::ToText(value));
  for (const record::Dynamic& element : *array)
    out->Add(record::ToText(record::Value::Of(element)));
}

std::shared_ptr<const Prepared> PrepareRanges(const plan::Expr& call) {
  auto prepared = std::make_shared<PreparedRanges>();
  for (size_t a = 1; a < call.args.size(); ++a) {
    if (!plan::IsLiteral(call.args[a]))
      return nullptr;
    AddRanges(call.args[a]->literal, call.args.size() == 2, prepared.get());
  }
  prepared->Arrange();
  return prepared;
}

void IsInAnyRangeFn(const Call& call, Vector* out) {
  const auto* prepared = static_cast<const PreparedRanges*>(call.prepared);
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    PreparedRanges local;
    if (prepared == nullptr) {
      for (size_t a = 1; a < call.args.size(); ++a)
        AddRanges(call.args[a].ValueAt(i), call.args.size() == 2, &local);
      local.Arrange();
    }
    const PreparedRanges& ranges = prepared != nullptr ? *prepared : local;
    PushTruth(ranges.Holds(TextOf(call.args[0], i, &scratch)), out);
  }
}

}  // namespace

const std::vector<Kernel>& Ipv4Kernels() {
  static const std::vector<Kernel> kernels = {
      {"ipv4_is_private", IsPrivateFn},
      {"ipv4_is_in_range", IsMatchFn, PreparePair},
      {"ipv4_is_match", IsMatchFn, PreparePair},
      {"ipv4_compare", CompareFn, PreparePair},
      {"ipv4_is_in_any_range", IsInAnyRangeFn, PrepareRanges},
  };
  return kernels;
}

}  // namespace keywatch::eval
