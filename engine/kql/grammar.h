// The grammar of the KQL that keywatch reads, and the recursive-descent parser that follows it:
// one function a production. Private to engine/kql; the entrance is Parse in parser.h.
//
// Mistakes: a production that fails has reported why and returns null or false; its callers pass
// that on up to the operator or statement they stand in, which goes on at the next pipe or
// semicolon of its own depth. So there is one message for one mistake, and the next one is found.
//
// Bounds: text length, errors reported, nesting of productions (kMaxNesting) and height of
// expressions (kMaxHeight), so that no input overflows the stack of the parser or of tree walkers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/source_text.h"
#include "engine/kql/ast.h"
#include "engine/kql/token.h"

namespace keywatch::kql {

// query      = statement { ";" statement } [ ";" ] ;          exactly one of them a pipeline
// statement  = "let" name "=" ( pipeline | scalar | "materialize" "(" pipeline ")" ) | pipeline ;
//
// pipeline   = source { "|" operator } ;
// source     = name | call | "(" pipeline ")" | union
//            | "datatable" "(" [ column { "," column } [ "," ] ] ")"
//                          "[" [ cell { "," cell } [ "," ] ] "]"
//            | "print" named { "," named }
//            | "range" name "from" scalar "to" scalar "step" scalar ;
// column     = name ":" type ;
// cell       = [ "+" | "-" ] literal | dynamic ;
//
// operator   = ( "where" | "filter" ) scalar
//            | "extend" named { "," named }
//            | "project" [ named { "," named } ]
//            | ( "project-away" | "project-keep" ) [ pattern { "," pattern } ]
//            | "project-rename" [ name "=" name { "," name "=" name } ]
//            | "project-reorder" [ pattern [ order ] { "," pattern [ order ] } ]
//            | "summarize" { hint } [ named { "," named } ] [ "by" named { "," named } ]
//            | "distinct" { hint } ( "*" | named { "," named } )
//            | "count"
//            | ( "sort" | "order" ) { hint } "by" ordered { "," ordered }
//            | "top" scalar { hint } "by" ordered
//            | ( "take" | "limit" ) scalar
//            | "join" { hint | "kind" "=" word } table "on" condition { "," condition }
//            | union
//            | "as" { hint } name
//            | "render" word { any token } ;
// union      = "union" { hint | "kind" "=" ( "inner" | "outer" ) | "isfuzzy" "=" bool
//                      | ( "withsource" | "with_source" ) "=" name } input { "," input } ;
// input      = table | pattern ;
// table      = name | call | "(" pipeline ")" | datatable ;
// condition  = name | side "." name "==" side "." name | condition "and" condition
//            | "(" condition ")" ;
// side       = "$left" | "$right" ;
// order      = "asc" | "desc" | "granny-asc" | "granny-desc" ;
// ordered    = [ name "=" ] scalar [ "asc" | "desc" ] [ "nulls" ( "first" | "last" ) ] ;
// named      = [ name "=" | "(" name { "," name } ")" "=" ] scalar ;
// pattern    = name | a word in which * stands for any characters, without blanks ;
// hint       = "hint" "." word "=" ( word | literal ) ;                       read and dropped
//
// scalar     = and { "or" and } ;
// and        = equality { "and" equality } ;
// equality   = relation [ ( "==" | "!=" | "<>" ) relation
//                       | ( "in" | "!in" | "in~" | "!in~" | "has_any" | "has_all" ) list
//                       | ( "between" | "!between" ) "(" scalar ".." scalar ")" ] ;
// list       = "(" ( pipeline | scalar { "," scalar } ) ")" ;
// relation   = sum [ ( "<" | "<=" | ">" | ">=" ) sum ] ;
// sum        = product { ( "+" | "-" ) product } ;
// product    = match { ( "*" | "/" | "%" ) match } ;
// match      = unary [ text_operator unary ] ;    =~ !~ has contains .. bind tighter than + and *
// unary      = [ "+" | "-" ] postfix ;
// postfix    = primary { "." name | "." "[" string "]" | "[" scalar "]" } ;
// primary    = literal | name | call | dynamic | "(" scalar ")" | "(" pipeline ")"
//            | "toscalar" "(" ( pipeline | scalar ) ")" | "typeof" "(" type ")" ;
// call       = word "(" [ argument { "," argument } ] ")" ;
// argument   = "*" | [ name "=" ] scalar ;
// dynamic    = "dynamic" "(" json ")" ;
// json       = [ "-" ] literal | "null" | "[" [ json { "," json } ] "]"
//            | "{" [ string ":" json { "," string ":" json } ] "}" ;
// literal    = long | real | timespan | bool | string { string } | typed ;
// name       = word | "[" string "]" ;            a word that is not reserved (vocabulary.h)
//
// A pipeline may begin with what reads as a scalar (`T | ..`, `f(x) | ..`, `(T | ..) | ..`): it is
// read as one and turned into a source when a pipe follows or a table is what must stand there.
class Parser {
 public:
  Parser(const SourceText& source,
         std::vector<Token> tokens,
         size_t max_errors,
         Diagnostics* diagnostics);

  Query ParseQuery();

 private:
  // Statements (parser.cc).
  void ParseStatement(Query* query);
  bool ParseLet(Query* query);
  bool ParseLetValue(LetStatement* let);
  bool AtFunctionBody() const;
  bool RefuseFunctionBody(const LetStatement& let);
  bool RefuseStatement();
  void FinishStatement();

  // Pipelines and their sources (parser_pipeline.cc).
  PipelinePtr ParsePipeline();
  PipelinePtr ParsePipelineAfter(ExprPtr first);
  PipelinePtr ParseOperators(Source source, uint32_t depth);
  bool ToSource(ExprPtr expr, Source* source);
  bool AtSourceWord() const;
  bool ParseSourceWord(Source* source);
  bool ParseDatatable(Source* source);
  bool ParseColumnDecl(DatatableSource* table);
  ExprPtr ParseCell();
  bool ParseRange(Source* source);
  bool RefuseSource(Source* source);
  PipelinePtr ParseTable();
  bool ParseOperator(Operator* op);
  std::string TakeOperatorName(Operator* op);
  bool ParseOperatorBody(Operator* op);
  void RefuseOperator(const Operator& op);

  // Operators (parser_operators.cc).
  bool ParseProjectAway(Operator* op);
  bool ParseProjectRename(Operator* op);
  bool ParseProjectReorder(Operator* op);
  bool ParseSummarize(Operator* op);
  bool ParseDistinct(Operator* op);
  bool ParseCount(Operator* op);
  bool ParseSort(Operator* op);
  bool ParseTop(Operator* op);
  bool ParseJoin(Operator* op);
  bool ParseJoinKind(JoinOp* join);
  bool AddJoinCondition(const Expr& expr, JoinOp* join);
  bool ParseUnion(UnionOp* op);
  bool ParseUnionParameter(UnionOp* op);
  bool ParseUnionInput(UnionOp* op);
  bool ParseAs(Operator* op);
  bool ParseRender(Operator* op);
  bool ParseOrdered(Ordered* ordered);
  bool ParsePattern(ColumnPattern* pattern);
  bool ParseNamedList(std::vector<NamedExpr>* list);
  bool ParseNamed(NamedExpr* named);
  bool AtTupleAssign() const;
  bool SkipHints();

  // Scalars (parser_scalar.cc).
  ExprPtr ParseScalar();
  ExprPtr ParseAnd();
  ExprPtr ParseEquality();
  ExprPtr ParseRelation();
  ExprPtr ParseSum();
  ExprPtr ParseProduct();
  ExprPtr ParseMatch();
  ExprPtr ParseUnary();
  ExprPtr ParsePostfix();
  ExprPtr ParsePrimary();
  ExprPtr ParseChain(std::initializer_list<std::string_view> ops, ExprPtr (Parser::*operand)());
  ExprPtr ParseInList(ExprPtr left);
  ExprPtr ParseBetween(ExprPtr operand);
  ExprPtr ParseMember(ExprPtr object);
  ExprPtr ParseIndex(ExprPtr object);
  ExprPtr ParseParenthesised();
  ExprPtr ParseWord();
  ExprPtr ParseToScalar();
  ExprPtr ParseTypeOf();
  bool ParseCall(Call* call);
  ExprPtr MakeBinary(std::string op, SourceSpan op_span, ExprPtr left, ExprPtr right);
  template <typename Node>
  ExprPtr Make(SourceSpan span, Node node);
  ExprPtr WithinHeight(ExprPtr expr);

  // Literals (parser_literal.cc).
  bool AtLiteral() const;
  ExprPtr ParseLiteral();
  ExprPtr ParseTypedLiteral();
  ExprPtr ParseDynamic();
  ExprPtr ParseJson();
  ExprPtr ParseJsonArray();
  ExprPtr ParseJsonBag();
  ExprPtr ParseJsonNumber();
  std::string TakeStrings();
  bool ParseType(std::string* type);

  // Tokens (parser.cc).
  const Token& Peek(size_t ahead = 0) const;
  const Token& Take();
  bool At(TokenKind kind) const { return Peek().kind == kind; }
  bool AtWord(std::string_view word) const;
  bool AtAny(std::initializer_list<std::string_view> words) const;
  bool AtParameter() const;
  bool AtHint() const;
  bool TakeIf(TokenKind kind);
  bool TakeWord(std::string_view word);
  bool Expect(TokenKind kind, std::string_view what);
  bool ExpectClose(TokenKind kind, std::string_view what, const Token& open);
  bool ExpectWord(std::string_view word);
  // A name, here or `ahead` tokens on, and what it takes: 1 token, or 3 for ['..']; 0 for no name.
  size_t NameLength(size_t ahead = 0) const;
  enum class NameUse {
    kReference,  // of a column, table or variable
    kAssigned,   // before `=` in extend, project, ..
    kDeclared,   // by let, as, range
  };
  static bool IsReservedFor(NameUse use, std::string_view word);
  bool ParseName(NameUse use, std::string* name, SourceSpan* span);
  bool Adjacent(size_t ahead) const;
  bool AtOperatorEnd() const;
  SourceSpan SpanFrom(uint32_t offset) const;

  // Mistakes and recovery (parser.cc).
  void Error(SourceSpan span, std::string message, std::string hint = "");
  bool Unexpected(std::string_view expected, std::string hint = "");
  std::string HintAfterComplete() const;
  std::string Written(SourceSpan span) const;
  void SkipToPipe(uint32_t depth);
  void SkipStatement();

  // Counts the levels of productions that are open.
  class Nesting {
   public:
    explicit Nesting(Parser* parser) : parser_(parser) { ++parser_->nesting_; }
    ~Nesting() { --parser_->nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    // False, with an error, when there are too many.
    [[nodiscard]] bool Allowed();

   private:
    Parser* parser_;
  };

  const SourceText& source_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t nesting_ = 0;
  uint32_t pipeline_depth_ = 0;        // Token::depth of the pipeline that is being read
  uint32_t tallest_ = 0;               // height of the tallest expression since the pipeline began
  bool quiet_ = false;                 // the rest of this statement would give wrong messages
  size_t last_unexpected_ = SIZE_MAX;  // the token that Unexpected reported last
  size_t errors_left_;
  Diagnostics* diagnostics_;
};

// Levels of parentheses, calls, brackets and subqueries.
inline constexpr size_t kMaxNesting = 200;

// Height of the tallest expression directly in the node; 0 when there is none.
uint32_t InnerHeight(const Expr& expr);

template <typename Node>
ExprPtr Parser::Make(SourceSpan span, Node node) {
  auto expr = std::make_unique<Expr>();
  expr->span = span;
  expr->node = std::move(node);
  expr->height = InnerHeight(*expr) + 1;
  return WithinHeight(std::move(expr));
}

}  // namespace keywatch::kql
