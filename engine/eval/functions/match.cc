// String operators that test: =~, contains, has, startswith, .., matches regex, in, has_any,
// has_all. With a dynamic left side its text counts; a missing one matches nothing.
#include <unordered_set>

#include "engine/eval/kernel.h"
#include "engine/eval/regex.h"
#include "engine/eval/text_match.h"

namespace keywatch::eval {

using record::Type;
using record::Value;

namespace {

using TestFn = bool (*)(std::string_view text, std::string_view needle);

template <TestFn kTest>
void TextTest(const Call& call, Vector* out) {
  std::string left;
  std::string right;
  for (size_t i = 0; i < call.rows; ++i) {
    bool null_left = call.args[0].IsNull(i);
    bool null_right = call.args[1].IsNull(i);
    if (null_left || null_right) {
      if (null_left && null_right) {
        out->PushNull();
      } else {
        out->PushInt(0);
      }
      continue;
    }
    out->PushInt(kTest(TextOf(call.args[0], i, &left), TextOf(call.args[1], i, &right)) ? 1 : 0);
  }
}

bool EqualsFold(std::string_view a, std::string_view b) { return TextEquals(a, b, Case::kFold); }
bool Contains(std::string_view a, std::string_view b) { return TextContains(a, b, Case::kFold); }
bool ContainsCs(std::string_view a, std::string_view b) { return TextContains(a, b, Case::kExact); }
bool Starts(std::string_view a, std::string_view b) { return TextStartsWith(a, b, Case::kFold); }
bool StartsCs(std::string_view a, std::string_view b) { return TextStartsWith(a, b, Case::kExact); }
bool Ends(std::string_view a, std::string_view b) { return TextEndsWith(a, b, Case::kFold); }
bool EndsCs(std::string_view a, std::string_view b) { return TextEndsWith(a, b, Case::kExact); }
template <Term kTerm, Case kCase>
bool Has(std::string_view a, std::string_view b) {
  return TextHasTerm(a, b, kTerm, kCase);
}

struct PreparedPattern : Prepared {
  explicit PreparedPattern(std::string_view pattern) : regex(pattern) {}
  Regex regex;
};

std::shared_ptr<const Prepared> PreparePattern(const plan::Expr& call) {
  const plan::ExprPtr& pattern = call.args[1];
  if (!plan::IsLiteral(pattern) || pattern->type != Type::kString)
    return nullptr;
  return std::make_shared<PreparedPattern>(pattern->literal.string());
}

void MatchesRegexFn(const Call& call, Vector* out) {
  std::string left;
  std::string right;
  for (size_t i = 0; i < call.rows; ++i) {
    std::string_view text = TextOf(call.args[0], i, &left);
    bool matches = call.prepared != nullptr
                       ? static_cast<const PreparedPattern*>(call.prepared)->regex.Matches(text)
                       : Regex(TextOf(call.args[1], i, &right)).Matches(text);
    out->PushInt(matches ? 1 : 0);
  }
}

// The members of a list of constants: arrays are opened, so `in (dynamic([..]))` works.
void AppendMembers(const Value& value, std::vector<Value>* out) {
  if (value.type() != Type::kDynamic || value.is_null()) {
    out->push_back(value);
    return;
  }
  const record::Dynamic::Array* array = value.dynamic()->array();
  if (array == nullptr) {
    out->push_back(value);
    return;
  }
  for (const record::Dynamic& element : *array)
    out->push_back(Value::Of(element));
}

struct PreparedMembers : Prepared {
  std::vector<Value> members;
  std::vector<Vector> constants;          // the members again, to be compared with a column
  std::unordered_set<std::string> texts;  // of the members that are text
  bool all_text = true;
};

std::shared_ptr<const PreparedMembers> MakeMembers(const std::vector<Value>& members, bool fold) {
  auto prepared = std::make_shared<PreparedMembers>();
  for (const Value& member : members) {
    bool dynamic_text = member.type() == Type::kDynamic && !member.is_null() &&
                        member.dynamic()->string() != nullptr;
    if (member.type() == Type::kString || dynamic_text) {
      std::string text = record::ToText(member);
      prepared->texts.insert(fold ? FoldCase(text) : text);
    } else {
      prepared->all_text = false;
    }
    prepared->members.push_back(member);
    prepared->constants.push_back(Vector::Constant(member));
  }
  return prepared;
}

template <bool kFold>
std::shared_ptr<const Prepared> PrepareMembers(const plan::Expr& call) {
  std::vector<Value> members;
  for (size_t i = 1; i < call.args.size(); ++i) {
    if (!plan::IsLiteral(call.args[i]))
      return nullptr;
    AppendMembers(call.args[i]->literal, &members);
  }
  return MakeMembers(members, kFold);
}

bool IsMember(const Vector& left, size_t row, const PreparedMembers& members, bool fold) {
  if (left.IsNull(row))
    return false;
  std::string scratch;
  if (left.type() == Type::kString || fold) {
    std::string_view text = TextOf(left, row, &scratch);
    if (members.texts.contains(fold ? FoldCase(text) : std::string(text)))
      return true;
    if (members.all_text)
      return false;
    if (fold) {
      for (const Value& member : members.members) {
        if (EqualsFold(record::ToText(member), text))
          return true;
      }
      return false;
    }
  }
  for (const Vector& member : members.constants) {
    if (EqualCells(left, member, row) == 1)
      return true;
  }
  return false;
}

template <bool kFold>
void InFn(const Call& call, Vector* out) {
  const auto* prepared = static_cast<const PreparedMembers*>(call.prepared);
  for (size_t i = 0; i < call.rows; ++i) {
    if (prepared != nullptr) {
      out->PushInt(IsMember(call.args[0], i, *prepared, kFold) ? 1 : 0);
      continue;
    }
    std::vector<Value> members;
    for (size_t a = 1; a < call.args.size(); ++a)
      AppendMembers(call.args[a].ValueAt(i), &members);
    out->PushInt(IsMember(call.args[0], i, *MakeMembers(members, kFold), kFold) ? 1 : 0);
  }
}

template <bool kAll>
void HasListFn(const Call& call, Vector* out) {
  const auto* prepared = static_cast<const PreparedMembers*>(call.prepared);
  std::string scratch;
  for (size_t i = 0; i < call.rows; ++i) {
    std::vector<Value> local;
    if (prepared == nullptr) {
      for (size_t a = 1; a < call.args.size(); ++a)
        AppendMembers(call.args[a].ValueAt(i), &local);
    }
    const std::vector<Value>& members = prepared != nullptr ? prepared->members : local;
    std::string_view text = TextOf(call.args[0], i, &scratch);
    bool result = kAll;
    for (const Value& member : members) {
      bool has = TextHasTerm(text, record::ToText(member), Term::kWhole, Case::kFold);
      if (has == kAll)
        continue;
      result = !kAll;
      break;
    }
    out->PushInt(result ? 1 : 0);
  }
}

}  // namespace

const std::vector<Kernel>& MatchKernels() {
  static const std::vector<Kernel> kernels = {
      {"=~", TextTest<EqualsFold>},
      {"contains", TextTest<Contains>},
      {"contains_cs", TextTest<ContainsCs>},
      {"startswith", TextTest<Starts>},
      {"startswith_cs", TextTest<StartsCs>},
      {"endswith", TextTest<Ends>},
      {"endswith_cs", TextTest<EndsCs>},
      {"has", TextTest<Has<Term::kWhole, Case::kFold>>},
      {"has_cs", TextTest<Has<Term::kWhole, Case::kExact>>},
      {"hasprefix", TextTest<Has<Term::kPrefix, Case::kFold>>},
      {"hasprefix_cs", TextTest<Has<Term::kPrefix, Case::kExact>>},
      {"hassuffix", TextTest<Has<Term::kSuffix, Case::kFold>>},
      {"hassuffix_cs", TextTest<Has<Term::kSuffix, Case::kExact>>},
      {"matches regex", MatchesRegexFn, PreparePattern},
      {"in", InFn<false>, PrepareMembers<false>},
      {"in~", InFn<true>, PrepareMembers<true>},
      {"has_any", HasListFn<false>, PrepareMembers<true>},
      {"has_all", HasListFn<true>, PrepareMembers<true>},
  };
  return kernels;
}

}  // namespace keywatch::eval
