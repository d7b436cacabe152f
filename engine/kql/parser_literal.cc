// Literals, dynamic(..) and the names of types.
#include "engine/kql/grammar.h"
#include "engine/kql/vocabulary.h"

namespace keywatch::kql {
namespace {

std::string_view Trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view WithoutQuotes(std::string_view text) {
  while (text.size() >= 2 && text.front() == text.back() &&
         (text.front() == '"' || text.front() == '\'')) {
    text = Trim(text.substr(1, text.size() - 2));
  }
  return text;
}

LiteralKind KindOfType(std::string_view canonical) {
  if (canonical == "bool")
    return LiteralKind::kBool;
  if (canonical == "int")
    return LiteralKind::kInt;
  if (canonical == "long")
    return LiteralKind::kLong;
  if (canonical == "real")
    return LiteralKind::kReal;
  if (canonical == "decimal")
    return LiteralKind::kDecimal;
  if (canonical == "datetime")
    return LiteralKind::kDatetime;
  if (canonical == "timespan")
    return LiteralKind::kTimespan;
  return LiteralKind::kGuid;
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

bool Parser::AtLiteral() const {
  switch (Peek().kind) {
    case TokenKind::kLong:
    case TokenKind::kReal:
    case TokenKind::kTimespan:
    case TokenKind::kBool:
    case TokenKind::kString:
    case TokenKind::kTyped:
      return true;
    default:
      return false;
  }
}

ExprPtr Parser::ParseLiteral() {
  const Token& token = Peek();
  if (token.kind == TokenKind::kTyped)
    return ParseTypedLiteral();
  if (token.kind == TokenKind::kString) {
    std::string text = TakeStrings();
    return Make(SpanFrom(token.span.offset), Literal{LiteralKind::kString, std::move(text), false});
  }
  LiteralKind kind = LiteralKind::kLong;
  if (token.kind == TokenKind::kReal)
    kind = LiteralKind::kReal;
  if (token.kind == TokenKind::kTimespan)
    kind = LiteralKind::kTimespan;
  if (token.kind == TokenKind::kBool)
    kind = LiteralKind::kBool;
  Take();
  return Make(token.span, Literal{kind, token.text, false});
}

// "a" 'b' @"c": literals that follow each other are one string.
std::string Parser::TakeStrings() {
  std::string text;
  while (At(TokenKind::kString))
    text += Take().text;
  return text;
}

// datetime(..), long(..): the lexer has cut it out whole; what it means is judged by the binder.
ExprPtr Parser::ParseTypedLiteral() {
  const Token& token = Take();
  std::string_view written = std::string_view(source_.text).substr(token.span.offset);
  written = written.substr(0, written.find('('));
  if (written == "int32")
    written = "int";
  Literal literal;
  literal.kind = KindOfType(CanonicalType(written));
  literal.typed_call = true;
  std::string_view text = Trim(token.text);
  if (literal.kind == LiteralKind::kDatetime || literal.kind == LiteralKind::kTimespan ||
      literal.kind == LiteralKind::kGuid) {
    text = WithoutQuotes(text);
  }
  literal.text = text;
  if (literal.kind == LiteralKind::kBool) {
    literal.text = LowerCase(text);
    if (literal.text == "1")
      literal.text = "true";
    if (literal.text == "0")
      literal.text = "false";
    if (literal.text != "true" && literal.text != "false" && literal.text != "null") {
      Error(token.span,
            "expected true, false or null in bool(..), found: " + Written(token.span),
            "tobool(..) converts other values");
      return nullptr;
    }
  }
  return Make(token.span, std::move(literal));
}

// dynamic( json )
ExprPtr Parser::ParseDynamic() {
  uint32_t begin = Take().span.offset;
  const Token& open = Take();
  ExprPtr value = ParseJson();
  if (!value || !ExpectClose(TokenKind::kCloseParen, "`)`", open))
    return nullptr;
  SourceSpan span = SpanFrom(begin);
  const auto* literal = std::get_if<Literal>(&value->node);
  if (literal != nullptr && literal->kind != LiteralKind::kNull) {
    return Make(span, DynamicScalar{std::move(value)});
  }
  value->span = span;
  return value;
}

ExprPtr Parser::ParseJson() {
  Nesting nesting(this);
  if (!nesting.Allowed())
    return nullptr;
  if (At(TokenKind::kOpenBracket))
    return ParseJsonArray();
  if (At(TokenKind::kOpenBrace))
    return ParseJsonBag();
  if (AtAny({"-"}))
    return ParseJsonNumber();
  // int(..) is the one literal that Kusto's JSON does not have.
  bool is_int = At(TokenKind::kTyped) && Written(Peek().span).starts_with("`int(");
  if (AtLiteral() && !is_int)
    return ParseLiteral();
  if (AtWord("null"))
    return Make(Take().span, Literal{LiteralKind::kNull, "null", false});
  Unexpected("a literal, [ or {",
             "dynamic(..) holds JSON; for other values use bag_pack, pack_array");
  return nullptr;
}

ExprPtr Parser::ParseJsonNumber() {
  const Token& sign = Take();
  if (!At(TokenKind::kLong) && !At(TokenKind::kReal)) {
    Unexpected("a number");
    return nullptr;
  }
  ExprPtr number = ParseLiteral();
  if (!number)
    return nullptr;
  std::get<Literal>(number->node).text.insert(0, "-");
  number->span = Cover(sign.span, number->span);
  return number;
}

ExprPtr Parser::ParseJsonArray() {
  const Token& open = Take();
  DynamicArray array;
  if (!At(TokenKind::kCloseBracket)) {
    do {
      ExprPtr element = ParseJson();
      if (!element)
        return nullptr;
      array.elements.push_back(std::move(element));
    } while (TakeIf(TokenKind::kComma));
  }
  if (!ExpectClose(TokenKind::kCloseBracket, "`,` or `]`", open))
    return nullptr;
  return Make(SpanFrom(open.span.offset), std::move(array));
}

ExprPtr Parser::ParseJsonBag() {
  const Token& open = Take();
  DynamicBag bag;
  if (!At(TokenKind::kCloseBrace)) {
    do {
      if (!At(TokenKind::kString)) {
        Unexpected("a property name in quotes");
        return nullptr;
      }
      std::string name = Take().text;
      if (!Expect(TokenKind::kColon, "`:`"))
        return nullptr;
      ExprPtr value = ParseJson();
      if (!value)
        return nullptr;
      bag.members.emplace_back(std::move(name), std::move(value));
    } while (TakeIf(TokenKind::kComma));
  }
  if (!ExpectClose(TokenKind::kCloseBrace, "`,` or `}`", open))
    return nullptr;
  return Make(SpanFrom(open.span.offset), std::move(bag));
}

bool Parser::ParseType(std::string* type) {
  if (!At(TokenKind::kWord))
    return Unexpected("a type");
  const Token& word = Peek();
  *type = CanonicalType(word.text);
  if (type->empty()) {
    std::string nearest = Nearest(word.text, TypeNames());
    Error(word.span,
          "there is no type: " + word.text,
          nearest.empty() ? "" : "did you mean " + nearest + "?");
    return false;
  }
  Take();
  return true;
}

}  // namespace keywatch::kql
