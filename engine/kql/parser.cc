#include "engine/kql/parser.h"

#include <algorithm>
#include <utility>

#include "engine/kql/grammar.h"
#include "engine/kql/lexer.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
namespace {

constexpr size_t kMaxTextLength = 1 << 20;
constexpr size_t kMaxErrors = 100;

// Adds `found` in the order of the text: the lexer's and the parser's messages come mixed.
void AddSorted(const Diagnostics& found, Diagnostics* diagnostics) {
  std::vector<Diagnostic> sorted = found.all();
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return a.span.offset < b.span.offset;
  });
  for (Diagnostic& diagnostic : sorted) {
    diagnostics->Error(diagnostic.span, std::move(diagnostic.message), std::move(diagnostic.hint));
  }
}

}  // namespace

Query Parse(const SourceText& source, Diagnostics* diagnostics) {
  if (source.text.size() > kMaxTextLength) {
    diagnostics->Error({0, 1},
                       "the query is longer than 1 MiB; its length in bytes is " +
                           std::to_string(source.text.size()),
                       "keep long lists in a watchlist or a table of their own");
    return {};
  }
  Diagnostics found;
  std::vector<Token> tokens = Lex(source.text, kMaxErrors, &found);
  Query query = Parser(source, std::move(tokens), kMaxErrors, &found).ParseQuery();
  AddSorted(found, diagnostics);
  return query;
}

Parser::Parser(const SourceText& source,
               std::vector<Token> tokens,
               size_t max_errors,
               Diagnostics* diagnostics)
    : source_(source),
      tokens_(std::move(tokens)),
      errors_left_(max_errors),
      diagnostics_(diagnostics) {}

Query Parser::ParseQuery() {
  Query query;
  if (At(TokenKind::kEnd)) {
    Error(Peek().span, "the query is empty", "a query begins with a table: T | where ..");
    return query;
  }
  while (!At(TokenKind::kEnd)) {
    quiet_ = false;
    ParseStatement(&query);
    FinishStatement();
  }
  if (!query.body && !diagnostics_->has_errors()) {
    Error(SpanFrom(Peek().span.offset),
          "the query has no result",
          "after the let statements, name the table to read: T | where ..");
  }
  return query;
}

void Parser::ParseStatement(Query* query) {
  if (At(TokenKind::kSemicolon)) {
    Unexpected("a statement", "remove the extra ;");
    return;
  }
  if (AtWord("let") && Peek(1).kind != TokenKind::kPipe) {
    if (!ParseLet(query))
      SkipStatement();
    return;
  }
  if (RefuseStatement())
    return;
  PipelinePtr pipeline = ParsePipeline();
  if (!pipeline) {
    SkipStatement();
  } else if (query->body && diagnostics_->has_errors()) {
    return;  // what looks like a second result may come from the mistake before it
  } else if (query->body) {
    Error(pipeline->span,
          "a query has one result; this is another one",
          "give the first one a name with let, or write rules of their own");
  } else {
    query->body = std::move(pipeline);
  }
}

// Takes the semicolon after a statement; its absence is reported.
void Parser::FinishStatement() {
  if (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    Unexpected("`;`");
    SkipStatement();
  }
  TakeIf(TokenKind::kSemicolon);
}

// Statements that keywatch does not have: refused, and skipped.
bool Parser::RefuseStatement() {
  bool refused = (AtWord("set") && NameLength(1) > 0) || (AtWord("declare") && NameLength(1) > 0) ||
                 (AtWord("alias") && NameLength(1) > 0) ||
                 (AtWord("restrict") && NameLength(1) > 0);
  if (!refused)
    return false;
  SourceSpan span = Peek().span;
  std::string name = Peek().text;
  std::string hint = "remove it";
  if (name == "declare") {
    span = Cover(span, Peek(1).span);
    name += " " + Peek(1).text;
    hint = "write the values with let";
  }
  if (name == "alias" || name == "restrict")
    hint = "";
  Error(span, "this statement is not supported yet: " + name, hint);
  SkipStatement();
  return true;
}

bool Parser::ParseLet(Query* query) {
  Take();
  LetStatement let;
  if (!ParseName(NameUse::kDeclared, &let.name, &let.name_span))
    return false;
  if (!Expect(TokenKind::kAssign, "`=`"))
    return false;
  if (AtFunctionBody())
    return RefuseFunctionBody(let);
  if (!ParseLetValue(&let))
    return false;
  query->lets.push_back(std::move(let));
  return true;
}

bool Parser::ParseLetValue(LetStatement* let) {
  uint32_t begin = Peek().span.offset;
  if (AtWord("materialize")) {
    Take();
    const Token& open = Peek();
    if (!Expect(TokenKind::kOpenParen, "`(`"))
      return false;
    ParenSource paren{ParsePipeline(), true};
    if (!paren.pipeline || !ExpectClose(TokenKind::kCloseParen, "`)`", open))
      return false;
    if (At(TokenKind::kPipe)) {
      return Unexpected("`;`", "write the operators inside materialize(..), or in the next let");
    }
    auto pipeline = std::make_unique<Pipeline>();
    pipeline->span = SpanFrom(begin);
    pipeline->height = paren.pipeline->height;
    pipeline->source = {pipeline->span, std::move(paren)};
    let->value = Make(SpanFrom(begin), Subquery{std::move(pipeline)});
    return let->value != nullptr;
  }
  if (AtSourceWord()) {
    PipelinePtr pipeline = ParsePipeline();
    if (pipeline)
      let->value = Make(SpanFrom(begin), Subquery{std::move(pipeline)});
    return let->value != nullptr;
  }
  let->value = ParseScalar();
  if (let->value && At(TokenKind::kPipe)) {
    PipelinePtr pipeline = ParsePipelineAfter(std::move(let->value));
    let->value = Make(SpanFrom(begin), Subquery{std::move(pipeline)});
  }
  return let->value != nullptr;
}

// `(a:long) { .. }` or `view () { .. }`
bool Parser::AtFunctionBody() const {
  size_t open = AtWord("view") ? 1 : 0;
  if (Peek(open).kind != TokenKind::kOpenParen)
    return false;
  uint32_t depth = Peek(open).depth;
  size_t close = open + 1;
  while (Peek(close).kind != TokenKind::kEnd && Peek(close).depth > depth)
    ++close;
  return Peek(close).kind == TokenKind::kCloseParen &&
         Peek(close + 1).kind == TokenKind::kOpenBrace;
}

bool Parser::RefuseFunctionBody(const LetStatement& let) {
  Error(let.name_span,
        "a let with a function is not supported yet: " + let.name,
        "write its body where it is called");
  SkipStatement();
  return true;
}

}  // namespace keywatch::kql
