// Scalar expressions: one function a level of precedence, from `or` down to names and literals.
#include <array>

#include "engine/kql/grammar.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
namespace {

struct Spelling {
  std::string_view written;
  std::string_view meant;
};
constexpr auto kSpellings = std::to_array<Spelling>({
    {"<>", "!="},
    {"notcontains", "!contains"},
    {"containscs", "contains_cs"},
    {"notcontainscs", "!contains_cs"},
});

std::string Resolve(const std::string& op) {
  for (const Spelling& spelling : kSpellings) {
    if (spelling.written == op)
      return std::string(spelling.meant);
  }
  return op;
}

}  // namespace

ExprPtr Parser::MakeBinary(std::string op, SourceSpan op_span, ExprPtr left, ExprPtr right) {
  SourceSpan span = Cover(left->span, right->span);
  return Make(span, Binary{Resolve(op), std::move(left), std::move(right), op_span});
}

// operand { op operand }
ExprPtr Parser::ParseChain(std::initializer_list<std::string_view> ops,
                           ExprPtr (Parser::*operand)()) {
  ExprPtr left = (this->*operand)();
  while (left && AtAny(ops)) {
    const Token& op = Take();
    ExprPtr right = (this->*operand)();
    if (!right)
      return nullptr;
    left = MakeBinary(op.text, op.span, std::move(left), std::move(right));
  }
  return left;
}

ExprPtr Parser::ParseScalar() {
  Nesting nesting(this);
  if (!nesting.Allowed())
    return nullptr;
  return ParseChain({"or"}, &Parser::ParseAnd);
}

ExprPtr Parser::ParseAnd() { return ParseChain({"and"}, &Parser::ParseEquality); }

ExprPtr Parser::ParseEquality() {
  ExprPtr left = ParseRelation();
  if (!left)
    return nullptr;
  if (AtAny({"in", "!in", "in~", "!in~", "has_any", "has_all"}))
    return ParseInList(std::move(left));
  if (AtAny({"between", "!between"}))
    return ParseBetween(std::move(left));
  if (!AtAny({"==", "!=", "<>"}))
    return left;
  const Token& op = Take();
  ExprPtr right = ParseRelation();
  if (!right)
    return nullptr;
  return MakeBinary(op.text, op.span, std::move(left), std::move(right));
}

ExprPtr Parser::ParseInList(ExprPtr left) {
  InList list;
  list.op = Peek().text;
  list.op_span = Take().span;
  const Token& open = Peek();
  if (!TakeIf(TokenKind::kOpenParen)) {
    Unexpected("`(`", "a list stands in parentheses: " + list.op + " (..)");
    return nullptr;
  }
  uint32_t begin = Peek().span.offset;
  if (AtSourceWord()) {
    PipelinePtr pipeline = ParsePipeline();
    if (!pipeline)
      return nullptr;
    list.items.push_back(Make(SpanFrom(begin), Subquery{std::move(pipeline)}));
  } else {
    do {
      list.items.push_back(ParseScalar());
    } while (list.items.back() && TakeIf(TokenKind::kComma));
    if (list.items.size() == 1 && list.items.back() && At(TokenKind::kPipe)) {
      PipelinePtr pipeline = ParsePipelineAfter(std::move(list.items.back()));
      list.items.back() = Make(SpanFrom(begin), Subquery{std::move(pipeline)});
    }
  }
  if (!list.items.back() || !ExpectClose(TokenKind::kCloseParen, "`,` or `)`", open)) {
    return nullptr;
  }
  SourceSpan span = Cover(left->span, SpanFrom(list.op_span.offset));
  list.left = std::move(left);
  return Make(span, std::move(list));
}

ExprPtr Parser::ParseBetween(ExprPtr operand) {
  Between between;
  between.negated = AtWord("!between");
  between.op_span = Take().span;
  const Token& open = Peek();
  if (!TakeIf(TokenKind::kOpenParen)) {
    Unexpected("`(`", "write between (low .. high)");
    return nullptr;
  }
  between.low = ParseScalar();
  if (!between.low)
    return nullptr;
  if (!TakeIf(TokenKind::kDotDot)) {
    Unexpected("`..`", "write between (low .. high)");
    return nullptr;
  }
  between.high = ParseScalar();
  if (!between.high || !ExpectClose(TokenKind::kCloseParen, "`)`", open))
    return nullptr;
  SourceSpan span = Cover(operand->span, SpanFrom(between.op_span.offset));
  between.operand = std::move(operand);
  return Make(span, std::move(between));
}

ExprPtr Parser::ParseRelation() {
  ExprPtr left = ParseSum();
  if (!left || !AtAny({"<", "<=", ">", ">="}))
    return left;
  const Token& op = Take();
  ExprPtr right = ParseSum();
  if (!right)
    return nullptr;
  return MakeBinary(op.text, op.span, std::move(left), std::move(right));
}

ExprPtr Parser::ParseSum() { return ParseChain({"+", "-"}, &Parser::ParseProduct); }

ExprPtr Parser::ParseProduct() { return ParseChain({"*", "/", "%"}, &Parser::ParseMatch); }

ExprPtr Parser::ParseMatch() {
  ExprPtr left = ParseUnary();
  if (!left)
    return nullptr;
  if (AtAny({"like", "likecs", "notlike", "notlikecs"}) || At(TokenKind::kColon)) {
    Error(Peek().span,
          "this operator is not supported: " + Peek().text,
          "write has, contains, or matches regex");
    return nullptr;
  }
  if (!AtAny({"=~",
              "!~",
              "has",
              "!has",
              "has_cs",
              "!has_cs",
              "hasprefix",
              "!hasprefix",
              "hasprefix_cs",
              "!hasprefix_cs",
              "hassuffix",
              "!hassuffix",
              "hassuffix_cs",
              "!hassuffix_cs",
              "contains",
              "!contains",
              "contains_cs",
              "!contains_cs",
              "containscs",
              "notcontains",
              "notcontainscs",
              "startswith",
              "!startswith",
              "startswith_cs",
              "!startswith_cs",
              "endswith",
              "!endswith",
              "endswith_cs",
              "!endswith_cs",
              "matches"})) {
    return left;
  }
  std::string op = Peek().text;
  SourceSpan op_span = Take().span;
  if (op == "matches") {
    if (!ExpectWord("regex"))
      return nullptr;
    op = "matches regex";
    op_span = SpanFrom(op_span.offset);
  }
  ExprPtr right = ParseUnary();
  if (!right)
    return nullptr;
  return MakeBinary(std::move(op), op_span, std::move(left), std::move(right));
}

ExprPtr Parser::ParseUnary() {
  if (!AtAny({"+", "-"}))
    return ParsePostfix();
  const Token& sign = Take();
  ExprPtr operand = ParsePostfix();
  if (!operand)
    return nullptr;
  SourceSpan span = Cover(sign.span, operand->span);
  return Make(span, Unary{sign.text[0], std::move(operand)});
}

ExprPtr Parser::ParsePostfix() {
  ExprPtr expr = ParsePrimary();
  while (expr) {
    if (At(TokenKind::kDot)) {
      expr = ParseMember(std::move(expr));
    } else if (At(TokenKind::kOpenBracket)) {
      expr = ParseIndex(std::move(expr));
    } else {
      break;
    }
  }
  return expr;
}

ExprPtr Parser::ParseMember(ExprPtr object) {
  Take();
  Member member;
  SourceSpan name_span;
  if (!ParseName(NameUse::kReference, &member.name, &name_span))
    return nullptr;
  SourceSpan span = Cover(object->span, name_span);
  if (At(TokenKind::kOpenParen)) {
    Error(span,
          "a call after a dot is not supported: " + member.name + "(..)",
          "other databases, clusters and workspaces cannot be read");
    return nullptr;
  }
  member.object = std::move(object);
  return Make(span, std::move(member));
}

ExprPtr Parser::ParseIndex(ExprPtr object) {
  const Token& open = Take();
  ExprPtr index = ParseScalar();
  if (!index || !ExpectClose(TokenKind::kCloseBracket, "`]`", open))
    return nullptr;
  SourceSpan span = Cover(object->span, SpanFrom(open.span.offset));
  return Make(span, Index{std::move(object), std::move(index)});
}

ExprPtr Parser::ParsePrimary() {
  if (AtLiteral())
    return ParseLiteral();
  if (At(TokenKind::kOpenParen))
    return ParseParenthesised();
  if (At(TokenKind::kWord))
    return ParseWord();
  if (NameLength() > 0) {
    Name name;
    SourceSpan span;
    if (!ParseName(NameUse::kReference, &name.text, &span))
      return nullptr;
    return Make(span, std::move(name));
  }
  if (At(TokenKind::kStar)) {
    Unexpected("an expression", "`*`, any column, is supported only as in count(*), arg_max(x, *)");
    return nullptr;
  }
  Unexpected("an expression");
  return nullptr;
}

// ( scalar ) or ( pipeline )
ExprPtr Parser::ParseParenthesised() {
  const Token& open = Take();
  PipelinePtr pipeline;
  ExprPtr expr;
  if (AtSourceWord()) {
    pipeline = ParsePipeline();
  } else {
    expr = ParseScalar();
    if (expr && At(TokenKind::kPipe))
      pipeline = ParsePipelineAfter(std::move(expr));
  }
  if (!pipeline && !expr)
    return nullptr;
  if (!ExpectClose(TokenKind::kCloseParen, "`)`", open))
    return nullptr;
  if (expr)
    return expr;
  return Make(SpanFrom(open.span.offset), Subquery{std::move(pipeline)});
}

ExprPtr Parser::ParseWord() {
  const Token& word = Peek();
  bool called = Peek(1).kind == TokenKind::kOpenParen;
  if (called && word.text == "toscalar")
    return ParseToScalar();
  if (called && word.text == "dynamic")
    return ParseDynamic();
  if (called && word.text == "typeof")
    return ParseTypeOf();
  if (word.text == "materialize") {
    Unexpected("an expression", "write let name = materialize(..), and use the name");
    return nullptr;
  }
  if (IsReserved(word.text)) {
    std::string hint = "if it is a column, write ['" + word.text + "']";
    if (called)
      hint = "";
    if (called && !CanonicalType(word.text).empty()) {
      hint = "convert with to" + std::string(CanonicalType(word.text)) +
             "(..); a literal has no blank before (";
    }
    Unexpected("an expression", std::move(hint));
    return nullptr;
  }
  if (NameLength() == 0) {
    Unexpected("an expression", "write not(..)");
    return nullptr;
  }
  Take();
  if (!called)
    return Make(word.span, Name{word.text});
  Call call{word.text, word.span, {}};
  if (!ParseCall(&call))
    return nullptr;
  return Make(SpanFrom(word.span.offset), std::move(call));
}

// ( arguments ), after the function's name
bool Parser::ParseCall(Call* call) {
  const Token& open = Take();
  if (TakeIf(TokenKind::kCloseParen))
    return true;
  do {
    Argument argument;
    bool star_ends = Peek(1).kind == TokenKind::kComma || Peek(1).kind == TokenKind::kCloseParen;
    if (At(TokenKind::kStar) && star_ends) {
      argument.value = Make(Take().span, Star{});
    } else {
      SourceSpan name_span;
      size_t length = NameLength();
      if (length > 0 && Peek(length).kind == TokenKind::kAssign) {
        if (!ParseName(NameUse::kAssigned, &argument.name, &name_span))
          return false;
        Take();
      }
      argument.value = ParseScalar();
    }
    if (!argument.value)
      return false;
    call->arguments.push_back(std::move(argument));
  } while (TakeIf(TokenKind::kComma));
  return ExpectClose(TokenKind::kCloseParen, "`,` or `)`", open);
}

ExprPtr Parser::ParseToScalar() {
  uint32_t begin = Take().span.offset;
  const Token& open = Take();
  if (AtLiteral()) {  // toscalar(2) is 2
    ExprPtr scalar = ParseScalar();
    bool closed = scalar && ExpectClose(TokenKind::kCloseParen, "`)`", open);
    return closed ? std::move(scalar) : nullptr;
  }
  PipelinePtr pipeline = ParsePipeline();
  if (!pipeline || !ExpectClose(TokenKind::kCloseParen, "`)`", open))
    return nullptr;
  return Make(SpanFrom(begin), ToScalar{std::move(pipeline)});
}

ExprPtr Parser::ParseTypeOf() {
  uint32_t begin = Take().span.offset;
  const Token& open = Take();
  TypeOf type_of;
  if (!ParseType(&type_of.type))
    return nullptr;
  if (!ExpectClose(TokenKind::kCloseParen, "`)`", open))
    return nullptr;
  return Make(SpanFrom(begin), std::move(type_of));
}

}  // namespace keywatch::kql
