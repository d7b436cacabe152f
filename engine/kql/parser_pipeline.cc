// Pipelines: what they begin with, and the operators between their pipes. Here the parser recovers:
// an operator that cannot be read is left out, and the one after the next pipe is read.
#include "engine/kql/grammar.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
// Null only when nested too deeply; otherwise mistakes are reported and left out.
PipelinePtr Parser::ParsePipeline() {
  Nesting nesting(this);
  if (!nesting.Allowed())
    return nullptr;
  uint32_t depth = Peek().depth;
  uint32_t outer_tallest = std::exchange(tallest_, 0);
  Source source;
  bool ok = false;
  if (AtSourceWord()) {
    ok = ParseSourceWord(&source);
  } else if (NameLength() == 0 && !At(TokenKind::kOpenParen)) {
    ok = Unexpected("a table");
  } else if (IsReserved(Peek().text) && Peek().kind == TokenKind::kWord &&
             Contains(SupportedOperators(), Peek().text)) {
    ok = Unexpected("a table", "a query begins with a table: T | " + Peek().text + " ..");
  } else {
    ExprPtr first = ParseScalar();
    ok = first && ToSource(std::move(first), &source);
  }
  if (!ok)
    SkipToPipe(depth);
  PipelinePtr pipeline = ParseOperators(std::move(source), depth);
  tallest_ = std::max(tallest_, outer_tallest);
  return pipeline;
}

// The pipeline whose source has been read as an expression; a pipe follows.
PipelinePtr Parser::ParsePipelineAfter(ExprPtr first) {
  uint32_t depth = Peek().depth;
  uint32_t outer_tallest = std::exchange(tallest_, first->height);
  Source source;
  ToSource(std::move(first), &source);
  PipelinePtr pipeline = ParseOperators(std::move(source), depth);
  tallest_ = std::max(tallest_, outer_tallest);
  return pipeline;
}

// { "|" operator }, up to what ends the pipeline.
PipelinePtr Parser::ParseOperators(Source source, uint32_t depth) {
  uint32_t outer_depth = std::exchange(pipeline_depth_, depth);
  auto pipeline = std::make_unique<Pipeline>();
  uint32_t begin = source.span.offset;
  pipeline->source = std::move(source);
  while (true) {
    if (At(TokenKind::kPipe)) {
      Operator op;
      bool ok = ParseOperator(&op);
      pipeline->operators.push_back(std::move(op));
      if (!ok)
        SkipToPipe(depth);
      continue;
    }
    bool closes_outer = AtOperatorEnd() && Peek().depth < depth;
    if (closes_outer || At(TokenKind::kEnd) || At(TokenKind::kSemicolon))
      break;
    Unexpected("`|`");
    SkipToPipe(depth);
    if (!At(TokenKind::kPipe))
      break;
  }
  pipeline->span = SpanFrom(begin);
  pipeline->height = tallest_;
  pipeline_depth_ = outer_depth;
  return pipeline;
}

// What was read as an expression, as the beginning of a pipeline.
bool Parser::ToSource(ExprPtr expr, Source* source) {
  source->span = expr->span;
  if (auto* name = std::get_if<Name>(&expr->node)) {
    source->node = TableSource{std::move(name->text)};
    return true;
  }
  if (auto* call = std::get_if<Call>(&expr->node)) {
    source->node = CallSource{std::move(*call)};
    return true;
  }
  if (auto* subquery = std::get_if<Subquery>(&expr->node)) {
    source->node = ParenSource{std::move(subquery->pipeline), false};
    return true;
  }
  if (std::holds_alternative<Member>(expr->node)) {
    Error(expr->span,
          "a table of another database or workspace cannot be read: " + Written(expr->span));
    return false;
  }
  Error(expr->span,
        "expected a table, found: " + Written(expr->span),
        "a query begins with a table; print computes without one");
  return false;
}

// A word that begins a pipeline and nothing else.
bool Parser::AtSourceWord() const {
  if (AtAny({"datatable", "print", "union", "search", "find", "externaldata", "external_data"})) {
    return true;
  }
  if (AtWord("evaluate"))
    return Peek(1).kind == TokenKind::kWord;
  if (!AtWord("range"))
    return false;
  size_t length = NameLength(1);
  const Token& next = Peek(1 + length);
  return length > 0 && next.kind == TokenKind::kWord && next.text == "from";
}

bool Parser::ParseSourceWord(Source* source) {
  uint32_t begin = Peek().span.offset;
  bool ok = false;
  if (AtWord("datatable")) {
    ok = ParseDatatable(source);
  } else if (AtWord("range")) {
    ok = ParseRange(source);
  } else if (TakeWord("print")) {
    PrintSource print;
    ok = ParseNamedList(&print.columns);
    source->node = std::move(print);
  } else if (TakeWord("union")) {
    UnionSource union_source;
    ok = ParseUnion(&union_source.op);
    source->node = std::move(union_source);
  } else {
    Error(Peek().span, "this source is not supported yet: " + Peek().text);
  }
  source->span = SpanFrom(begin);
  return ok;
}

// datatable(a:long, b:string) [1, "x", 2, "y"]
bool Parser::ParseDatatable(Source* source) {
  SourceSpan word = Take().span;
  DatatableSource table;
  const Token& open = Peek();
  if (!Expect(TokenKind::kOpenParen, "`(` and the columns"))
    return false;
  while (!At(TokenKind::kCloseParen)) {
    if (!ParseColumnDecl(&table))
      return false;
    if (!TakeIf(TokenKind::kComma))
      break;
  }
  if (!ExpectClose(TokenKind::kCloseParen, "`,` or `)`", open))
    return false;
  const Token& bracket = Peek();
  if (!Expect(TokenKind::kOpenBracket, "`[` and the values"))
    return false;
  while (!At(TokenKind::kCloseBracket)) {
    ExprPtr cell = ParseCell();
    if (!cell)
      return false;
    table.cells.push_back(std::move(cell));
    if (!TakeIf(TokenKind::kComma))
      break;
  }
  if (!ExpectClose(TokenKind::kCloseBracket, "`,` or `]`", bracket))
    return false;
  size_t columns = table.columns.size();
  size_t cells = table.cells.size();
  if (cells > 0 && (columns == 0 || cells % columns != 0)) {
    Error(word,
          "the values of datatable do not fill whole rows: " + std::to_string(columns) +
              " columns, " + std::to_string(cells) + " values");
    return false;
  }
  source->node = std::move(table);
  return true;
}

bool Parser::ParseColumnDecl(DatatableSource* table) {
  ColumnDecl column;
  uint32_t begin = Peek().span.offset;
  if (!ParseName(NameUse::kAssigned, &column.name, &column.span))
    return false;
  if (!Expect(TokenKind::kColon, "`:` and a type"))
    return false;
  if (!ParseType(&column.type))
    return false;
  column.span = SpanFrom(begin);
  table->columns.push_back(std::move(column));
  return true;
}

ExprPtr Parser::ParseCell() {
  if (AtAny({"+", "-"})) {
    const Token& sign = Take();
    if (!At(TokenKind::kLong) && !At(TokenKind::kReal) && !At(TokenKind::kTimespan)) {
      Unexpected("a number");
      return nullptr;
    }
    ExprPtr number = ParseLiteral();
    SourceSpan span = Cover(sign.span, number->span);
    return Make(span, Unary{sign.text[0], std::move(number)});
  }
  if (AtLiteral())
    return ParseLiteral();
  if (AtWord("dynamic") && Peek(1).kind == TokenKind::kOpenParen)
    return ParseDynamic();
  Unexpected("a literal or `]`", "a datatable holds literals only; compute with extend after it");
  return nullptr;
}

// range x from 1 to 10 step 1
bool Parser::ParseRange(Source* source) {
  Take();
  RangeSource range;
  SourceSpan span;
  if (!ParseName(NameUse::kDeclared, &range.column, &span))
    return false;
  if (!ExpectWord("from") || !(range.from = ParseScalar()))
    return false;
  if (!ExpectWord("to") || !(range.to = ParseScalar()))
    return false;
  if (!ExpectWord("step") || !(range.step = ParseScalar()))
    return false;
  source->node = std::move(range);
  return true;
}

// The right side of join, an input of union: a name, a call, a datatable, ( pipeline ).
PipelinePtr Parser::ParseTable() {
  if (At(TokenKind::kOpenParen)) {
    const Token& open = Take();
    PipelinePtr pipeline = ParsePipeline();
    if (!pipeline || !ExpectClose(TokenKind::kCloseParen, "`)`", open))
      return nullptr;
    return pipeline;
  }
  auto pipeline = std::make_unique<Pipeline>();
  uint32_t begin = Peek().span.offset;
  uint32_t outer_tallest = std::exchange(tallest_, 0);
  bool ok = false;
  if (AtWord("datatable")) {
    ok = ParseSourceWord(&pipeline->source);
  } else if (NameLength() > 0 && !AtWord("on")) {
    ExprPtr expr = ParsePostfix();
    ok = expr && ToSource(std::move(expr), &pipeline->source);
  } else {
    Unexpected("a table or `(`");
  }
  pipeline->span = SpanFrom(begin);
  pipeline->height = tallest_;
  tallest_ = std::max(tallest_, outer_tallest);
  return ok ? std::move(pipeline) : nullptr;
}

// From its pipe to its end. False: reported, and the caller skips to the next pipe.
bool Parser::ParseOperator(Operator* op) {
  Take();
  uint32_t begin = Peek().span.offset;
  op->node = UnsupportedOp{};
  op->span = op->name_span = Peek().span;
  if (!At(TokenKind::kWord)) {
    return Unexpected("an operator", At(TokenKind::kEnd) ? "remove the last |" : "");
  }
  op->name = TakeOperatorName(op);
  bool ok = ParseOperatorBody(op);
  op->span = SpanFrom(begin);
  return ok;
}

// Operators such as project-away are one word of several; elsewhere - is minus.
std::string Parser::TakeOperatorName(Operator* op) {
  uint32_t begin = Peek().span.offset;
  bool glued = Adjacent(0);
  std::string name = Take().text;
  while (glued && AtAny({"-"}) && Adjacent(0) && Peek(1).kind == TokenKind::kWord) {
    Take();
    glued = Adjacent(0);
    name += "-" + Take().text;
  }
  op->name_span = SpanFrom(begin);
  return name;
}

bool Parser::ParseOperatorBody(Operator* op) {
  const std::string& name = op->name;
  if (name == "where" || name == "filter") {
    WhereOp where{ParseScalar()};
    bool ok = where.predicate != nullptr;
    if (ok)
      op->node = std::move(where);
    return ok;
  }
  if (name == "extend") {
    ExtendOp extend;
    bool ok = ParseNamedList(&extend.columns);
    op->node = std::move(extend);
    return ok;
  }
  if (name == "project") {
    ProjectOp project;
    bool ok = AtOperatorEnd() || ParseNamedList(&project.columns);
    op->node = std::move(project);
    return ok;
  }
  if (name == "take" || name == "limit") {
    TakeOp take{ParseScalar()};
    bool ok = take.rows != nullptr;
    if (ok)
      op->node = std::move(take);
    return ok;
  }
  if (name == "union") {
    UnionOp union_op;
    bool ok = ParseUnion(&union_op);
    op->node = std::move(union_op);
    return ok;
  }
  if (name == "project-away" || name == "project-keep")
    return ParseProjectAway(op);
  if (name == "project-rename")
    return ParseProjectRename(op);
  if (name == "project-reorder")
    return ParseProjectReorder(op);
  if (name == "summarize")
    return ParseSummarize(op);
  if (name == "distinct")
    return ParseDistinct(op);
  if (name == "count")
    return ParseCount(op);
  if (name == "sort" || name == "order")
    return ParseSort(op);
  if (name == "top")
    return ParseTop(op);
  if (name == "join")
    return ParseJoin(op);
  if (name == "as")
    return ParseAs(op);
  if (name == "render")
    return ParseRender(op);
  RefuseOperator(*op);
  return false;
}

void Parser::RefuseOperator(const Operator& op) {
  if (Contains(UnsupportedOperators(), op.name)) {
    Error(op.name_span, "this operator is not supported yet: " + op.name);
    return;
  }
  std::vector<std::string> known = SupportedOperators();
  known.insert(known.end(), UnsupportedOperators().begin(), UnsupportedOperators().end());
  std::string nearest = Nearest(op.name, known);
  Error(op.name_span,
        "there is no operator: " + op.name,
        nearest.empty() ? "" : "did you mean " + nearest + "?");
}

}  // namespace keywatch::kql
