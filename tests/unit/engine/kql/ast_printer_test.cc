// Cases that Print must take care of so that its text parses to the same tree.
#include "engine/kql/ast_printer.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "engine/kql/parser.h"

namespace keywatch::kql {
namespace {

ExprPtr Make(decltype(Expr::node) node) {
  auto expr = std::make_unique<Expr>();
  expr->node = std::move(node);
  return expr;
}

TEST(AstPrinterTest, BracketsNamesThatAreNoPlainWords) {
  for (const char* name : {"a b", "1a", "", "by", "int", "true", "kind", "a\"b", "a.b", "union"}) {
    std::string text = Print(*Make(Name{name}));
    EXPECT_EQ(text.front(), '[') << name;
  }
  for (const char* name : {"a", "_a1", "$left", "Type", "count", "id"})
    EXPECT_EQ(Print(*Make(Name{name})), name);
}

TEST(AstPrinterTest, EscapesStrings) {
  EXPECT_EQ(Print(*Make(Literal{LiteralKind::kString, "a\"\\\n\x01\u00e9", false})),
            "\"a\\\"\\\\\\u000a\\u0001\u00e9\"");
}

TEST(AstPrinterTest, WritesDynamicOnceAroundItsValue) {
  DynamicBag bag;
  bag.members.emplace_back("b", Make(Literal{LiteralKind::kNull, "null", false}));
  DynamicArray array;
  array.elements.push_back(Make(std::move(bag)));
  Call call{"f", {}, {}};
  call.arguments.push_back({"", Make(std::move(array))});
  call.arguments.push_back({"", Make(Literal{LiteralKind::kNull, "null", false})});
  EXPECT_EQ(Print(*Make(std::move(call))), "f(dynamic([{\"b\": null}]), dynamic(null))");
}

TEST(AstPrinterTest, ParenthesisesLiteralsBeforeADot) {
  EXPECT_EQ(Print(*Make(Member{Make(Literal{LiteralKind::kReal, "1.", false}), "b"})), "(1.).b");
}

TEST(AstPrinterTest, PrintsAQueryWithoutResult) {
  Query query;
  query.lets.push_back({"a", {}, Make(Name{"b"})});
  EXPECT_EQ(Print(query), "let a = b; ");
}

}  // namespace
}  // namespace keywatch::kql
