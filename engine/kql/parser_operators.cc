// The bodies of tabular operators: what stands after the operator's name.
#include "engine/kql/grammar.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {

// named { "," named }, up to the end of the operator or `by`.
bool Parser::ParseNamedList(std::vector<NamedExpr>* list) {
  do {
    NamedExpr named;
    if (!ParseNamed(&named))
      return false;
    list->push_back(std::move(named));
  } while (TakeIf(TokenKind::kComma));
  return AtOperatorEnd() || AtWord("by") || Unexpected("`,` or `|`");
}

// x    n = x    (a, b) = x
bool Parser::ParseNamed(NamedExpr* named) {
  uint32_t begin = Peek().span.offset;
  SourceSpan span;
  size_t length = NameLength();
  if (AtTupleAssign()) {
    Take();
    do {
      std::string name;
      if (!ParseName(NameUse::kAssigned, &name, &span))
        return false;
      named->names.push_back(std::move(name));
    } while (TakeIf(TokenKind::kComma));
    Take();
    named->name_span = SpanFrom(begin);
    Take();
  } else if (length > 0 && Peek(length).kind == TokenKind::kAssign) {
    std::string name;
    if (!ParseName(NameUse::kAssigned, &name, &named->name_span))
      return false;
    named->names.push_back(std::move(name));
    Take();
  }
  named->value = ParseScalar();
  return named->value != nullptr;
}

// ( name { , name } ) =
bool Parser::AtTupleAssign() const {
  if (!At(TokenKind::kOpenParen))
    return false;
  size_t ahead = 0;
  do {
    size_t length = NameLength(ahead + 1);
    if (length == 0)
      return false;
    ahead += 1 + length;
  } while (Peek(ahead).kind == TokenKind::kComma);
  return Peek(ahead).kind == TokenKind::kCloseParen && Peek(ahead + 1).kind == TokenKind::kAssign;
}

// hint.strategy=shuffle: advice to Kusto's cluster, without effect on results.
bool Parser::SkipHints() {
  while (AtHint()) {
    for (int i = 0; i < 4; ++i)
      Take();
    if (AtAny({"-"}))
      Take();
    if (!AtLiteral() && NameLength() == 0)
      return Unexpected("the value of a hint");
    Take();
  }
  return true;
}

// a    a*b    *    ['a b']
bool Parser::ParsePattern(ColumnPattern* pattern) {
  bool starts_pattern = At(TokenKind::kStar) ||
                        (At(TokenKind::kWord) && Peek(1).kind == TokenKind::kStar && Adjacent(0));
  if (!starts_pattern)
    return ParseName(NameUse::kReference, &pattern->pattern, &pattern->span);
  uint32_t begin = Peek().span.offset;
  bool more = true;
  while (more) {
    bool touches = Adjacent(0);
    bool star = At(TokenKind::kStar);
    pattern->pattern += Take().text;
    bool part = At(TokenKind::kWord) || At(TokenKind::kLong);
    more = touches && (At(TokenKind::kStar) || (star && part));
  }
  pattern->span = SpanFrom(begin);
  return true;
}

bool Parser::ParseProjectAway(Operator* op) {
  ProjectAwayOp project;
  project.keep = op->name == "project-keep";
  if (!AtOperatorEnd()) {
    do {
      ColumnPattern pattern;
      if (!ParsePattern(&pattern))
        return false;
      project.columns.push_back(std::move(pattern));
    } while (TakeIf(TokenKind::kComma));
  }
  op->node = std::move(project);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseProjectRename(Operator* op) {
  ProjectRenameOp project;
  if (!AtOperatorEnd()) {
    do {
      Rename rename;
      uint32_t begin = Peek().span.offset;
      SourceSpan span;
      if (!ParseName(NameUse::kAssigned, &rename.to, &span))
        return false;
      if (!Expect(TokenKind::kAssign, "`=`"))
        return false;
      if (!ParseName(NameUse::kReference, &rename.from, &span))
        return false;
      rename.span = SpanFrom(begin);
      project.columns.push_back(std::move(rename));
    } while (TakeIf(TokenKind::kComma));
  }
  op->node = std::move(project);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseProjectReorder(Operator* op) {
  ProjectReorderOp project;
  if (!AtOperatorEnd()) {
    do {
      ColumnPattern pattern;
      if (!ParsePattern(&pattern))
        return false;
      if (AtWord("granny") && Peek(1).kind == TokenKind::kOperator && Adjacent(0) && Adjacent(1)) {
        Take();
        Take();
        pattern.order = "granny-";
      }
      if (AtAny({"asc", "desc"}))
        pattern.order += Take().text;
      project.columns.push_back(std::move(pattern));
    } while (TakeIf(TokenKind::kComma));
  }
  op->node = std::move(project);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseSummarize(Operator* op) {
  SummarizeOp summarize;
  if (!SkipHints())
    return false;
  if (!AtOperatorEnd() && !AtWord("by")) {
    if (!ParseNamedList(&summarize.aggregates))
      return false;
  }
  if (TakeWord("by") && !ParseNamedList(&summarize.by))
    return false;
  op->node = std::move(summarize);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseDistinct(Operator* op) {
  DistinctOp distinct;
  if (!SkipHints())
    return false;
  distinct.all = TakeIf(TokenKind::kStar);
  if (!distinct.all && !ParseNamedList(&distinct.columns))
    return false;
  op->node = std::move(distinct);
  return AtOperatorEnd() || Unexpected("`|`");
}

bool Parser::ParseCount(Operator* op) {
  if (AtWord("as")) {
    Error(Peek().span, "a name after count is not supported: as", "write summarize name = count()");
    return false;
  }
  op->node = CountOp{};
  return true;
}

// [ name = ] scalar [ asc | desc ] [ nulls ( first | last ) ]; the name has no effect in Kusto.
bool Parser::ParseOrdered(Ordered* ordered) {
  size_t length = NameLength();
  if (length > 0 && Peek(length).kind == TokenKind::kAssign) {
    std::string name;
    SourceSpan span;
    if (!ParseName(NameUse::kAssigned, &name, &span))
      return false;
    Take();
  }
  ordered->value = ParseScalar();
  if (!ordered->value)
    return false;
  if (AtAny({"asc", "desc"}))
    ordered->ascending = Take().text == "asc";
  if (TakeWord("nulls")) {
    if (!AtAny({"first", "last"}))
      return Unexpected("`first` or `last`");
    ordered->nulls_first = Take().text == "first";
  }
  return true;
}

bool Parser::ParseSort(Operator* op) {
  SortOp sort;
  if (!SkipHints() || !ExpectWord("by"))
    return false;
  do {
    Ordered ordered;
    if (!ParseOrdered(&ordered))
      return false;
    sort.by.push_back(std::move(ordered));
  } while (TakeIf(TokenKind::kComma));
  op->node = std::move(sort);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseTop(Operator* op) {
  TopOp top;
  top.rows = ParseScalar();
  if (!top.rows || !SkipHints() || !ExpectWord("by") || !ParseOrdered(&top.by))
    return false;
  if (At(TokenKind::kComma)) {
    return Unexpected("`|`", "top orders by one expression; use sort by a, b | take n for more");
  }
  op->node = std::move(top);
  return true;
}

bool Parser::ParseJoin(Operator* op) {
  JoinOp join;
  while (AtHint() || AtParameter()) {
    if (AtHint() ? !SkipHints() : !ParseJoinKind(&join))
      return false;
  }
  join.right = ParseTable();
  if (!join.right)
    return false;
  if (!AtWord("on"))
    return Unexpected("`on` and the key columns", "join (..) on key");
  Take();
  do {
    ExprPtr condition = ParseScalar();
    if (!condition || !AddJoinCondition(*condition, &join))
      return false;
  } while (TakeIf(TokenKind::kComma));
  op->node = std::move(join);
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseJoinKind(JoinOp* join) {
  if (!AtWord("kind")) {
    Error(Peek().span, "join has no parameter: " + Peek().text, "it has kind and hint.*");
    return false;
  }
  Take();
  Take();
  if (!At(TokenKind::kWord))
    return Unexpected("a join kind", "such as inner, leftouter, leftanti");
  join->kind = Peek().text;
  join->kind_span = Peek().span;
  if (std::find(JoinKinds().begin(), JoinKinds().end(), join->kind) == JoinKinds().end()) {
    std::string nearest = Nearest(join->kind, JoinKinds());
    Error(join->kind_span,
          "there is no join kind: " + join->kind,
          nearest.empty() ? "such as inner, leftouter, leftanti" : "did you mean " + nearest + "?");
    return false;
  }
  Take();
  return true;
}

namespace {

// The column x of $left.x or $left["x"], or null.
const std::string* SideColumn(const Expr& expr, std::string_view side) {
  auto is_side = [&](const ExprPtr& object) {
    const auto* name = std::get_if<Name>(&object->node);
    return name != nullptr && name->text == side;
  };
  if (const auto* member = std::get_if<Member>(&expr.node)) {
    return is_side(member->object) ? &member->name : nullptr;
  }
  const auto* index = std::get_if<Index>(&expr.node);
  if (index == nullptr || !is_side(index->object))
    return nullptr;
  const auto* literal = std::get_if<Literal>(&index->index->node);
  bool is_name = literal != nullptr && literal->kind == LiteralKind::kString;
  return is_name ? &literal->text : nullptr;
}

}  // namespace

// Reads a condition that was parsed as an expression.
bool Parser::AddJoinCondition(const Expr& expr, JoinOp* join) {
  if (const auto* name = std::get_if<Name>(&expr.node)) {
    join->on.push_back({name->text, name->text, expr.span, false});
    return true;
  }
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    if (binary->op == "and") {
      return AddJoinCondition(*binary->left, join) && AddJoinCondition(*binary->right, join);
    }
    if (binary->op == "==") {
      const std::string* left = SideColumn(*binary->left, "$left");
      const std::string* right = SideColumn(*binary->right, "$right");
      if (left == nullptr && right == nullptr) {
        left = SideColumn(*binary->right, "$left");
        right = SideColumn(*binary->left, "$right");
      }
      if (left != nullptr && right != nullptr) {
        join->on.push_back({*left, *right, expr.span, true});
        return true;
      }
    }
  }
  Error(expr.span,
        "expected a column or $left.a == $right.b, found: " + Written(expr.span),
        "compute other keys with extend before the join");
  return false;
}

// After the word union, as a source or as an operator.
bool Parser::ParseUnion(UnionOp* op) {
  while (AtHint() || AtParameter()) {
    if (AtHint() ? !SkipHints() : !ParseUnionParameter(op))
      return false;
  }
  do {
    if (!ParseUnionInput(op))
      return false;
  } while (TakeIf(TokenKind::kComma));
  return AtOperatorEnd() || Unexpected("`,` or `|`");
}

bool Parser::ParseUnionParameter(UnionOp* op) {
  const Token& parameter = Take();
  Take();
  if (parameter.text == "kind") {
    if (!AtAny({"inner", "outer"}))
      return Unexpected("`inner` or `outer`");
    op->kind = Take().text;
    return true;
  }
  if (parameter.text == "isfuzzy") {
    if (!At(TokenKind::kBool))
      return Unexpected("`true` or `false`");
    op->is_fuzzy = Take().text == "true";
    return true;
  }
  if (parameter.text == "withsource" || parameter.text == "with_source") {
    SourceSpan span;
    return ParseName(NameUse::kAssigned, &op->with_source, &span);
  }
  Error(parameter.span,
        "union has no parameter: " + parameter.text,
        "it has kind, isfuzzy, withsource and hint.*");
  return false;
}

bool Parser::ParseUnionInput(UnionOp* op) {
  bool wildcard = At(TokenKind::kStar) ||
                  (At(TokenKind::kWord) && Peek(1).kind == TokenKind::kStar && Adjacent(0));
  if (!wildcard) {
    op->inputs.push_back(ParseTable());
    return op->inputs.back() != nullptr;
  }
  ColumnPattern pattern;
  if (!ParsePattern(&pattern))
    return false;
  auto pipeline = std::make_unique<Pipeline>();
  pipeline->span = pattern.span;
  pipeline->source = {pattern.span, TableSource{std::move(pattern.pattern)}};
  op->inputs.push_back(std::move(pipeline));
  return true;
}

bool Parser::ParseAs(Operator* op) {
  AsOp as;
  SourceSpan span;
  if (!SkipHints() || !ParseName(NameUse::kDeclared, &as.name, &span))
    return false;
  op->node = std::move(as);
  return true;
}

// A chart has no effect on the rows, so what is said about it is passed over.
bool Parser::ParseRender(Operator* op) {
  if (!At(TokenKind::kWord))
    return Unexpected("the name of a chart", "render timechart");
  SkipToPipe(pipeline_depth_);
  op->node = RenderOp{};
  return true;
}

}  // namespace keywatch::kql
