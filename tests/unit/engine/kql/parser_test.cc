// Text -> tree, shown as Print shows it (every operator in parentheses), and text -> messages.
#include "engine/kql/parser.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/kql/ast_printer.h"

namespace keywatch::kql {
namespace {

SourceText Source(std::string_view text) { return {"<query>", std::string(text), 1, 0}; }

// "offset+length message [hint]" a line.
std::string Messages(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (!out.empty())
      out += '\n';
    out += std::to_string(diagnostic.span.offset) + "+" + std::to_string(diagnostic.span.length) +
           " " + diagnostic.message;
    if (!diagnostic.hint.empty())
      out += " [" + diagnostic.hint + "]";
  }
  return out;
}

std::string Tree(std::string_view text) {
  SourceText source = Source(text);
  Diagnostics diagnostics;
  Query query = Parse(source, &diagnostics);
  return diagnostics.has_errors() ? Messages(diagnostics) : Print(query);
}

std::string Mistakes(std::string_view text) {
  SourceText source = Source(text);
  Diagnostics diagnostics;
  Parse(source, &diagnostics);
  return Messages(diagnostics);
}

struct ParseCase {
  std::string_view text;
  std::string_view expected;
};

// Also: what Print gives parses again, to the same tree.
void CheckTrees(const std::vector<ParseCase>& cases) {
  for (const ParseCase& c : cases) {
    EXPECT_EQ(Tree(c.text), c.expected) << c.text;
    EXPECT_EQ(Tree(c.expected), c.expected) << "printed from: " << c.text;
  }
}

void CheckMistakes(const std::vector<ParseCase>& cases) {
  for (const ParseCase& c : cases)
    EXPECT_EQ(Mistakes(c.text), c.expected) << c.text;
}

TEST(ParserTest, BindsOperatorsAsKustoDoes) {
  CheckTrees({
      {"T | where a == b or c has d and e", "T | where ((a == b) or ((c has d) and e))"},
      {"T | where a or b or c", "T | where ((a or b) or c)"},
      {"T | where a + b has c", "T | where (a + (b has c))"},
      {"T | where a has b * c", "T | where ((a has b) * c)"},
      {"T | where -a has -b", "T | where ((-a) has (-b))"},
      {"T | where a has b == c", "T | where ((a has b) == c)"},
      {"T | where a < b == c", "T | where ((a < b) == c)"},
      {"T | where a == b < c", "T | where (a == (b < c))"},
      {"T | where a < b in (c)", "T | where ((a < b) in (c))"},
      {"T | where a - b - c > d % 2 * 3", "T | where (((a - b) - c) > ((d % 2) * 3))"},
      {"T | where -a.b > -1", "T | where ((-a.b) > (-1))"},
      {"T | where not(a) == b and not (c or d)", "T | where ((not(a) == b) and not((c or d)))"},
      {"T | where (a or b) and ((c))", "T | where ((a or b) and c)"},
      {"T | where a-b>0", "T | where ((a - b) > 0)"},
  });
}

TEST(ParserTest, ReadsEveryTextOperator) {
  for (std::string_view op : {"=~",
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
                              "startswith",
                              "!startswith",
                              "startswith_cs",
                              "!startswith_cs",
                              "endswith",
                              "!endswith",
                              "endswith_cs",
                              "!endswith_cs",
                              "matches regex"}) {
    std::string text = "T | where a " + std::string(op) + " \"b\"";
    EXPECT_EQ(Tree(text), "T | where (a " + std::string(op) + " \"b\")");
  }
  CheckTrees({
      {"T | where a <> b", "T | where (a != b)"},
      {"T | where a notcontains 'b'", "T | where (a !contains \"b\")"},
      {"T | where a!contains\"b\" and c has('d')",
       "T | where ((a !contains \"b\") and (c has \"d\"))"},
  });
}

TEST(ParserTest, ReadsListsAndRanges) {
  CheckTrees({
      {"T | where a in (1,2) and b !in~ ('x')", "T | where ((a in (1, 2)) and (b !in~ (\"x\")))"},
      {"T | where a in~ (b) and c !in (d, e)", "T | where ((a in~ (b)) and (c !in (d, e)))"},
      {"T | where a has_any ('x', y) or a has_all (z)",
       "T | where ((a has_any (\"x\", y)) or (a has_all (z)))"},
      {"T | where a in (U)", "T | where (a in (U))"},
      {"T | where a in ((U))", "T | where (a in (U))"},
      {"T | where a in (U | project x)", "T | where (a in ((U | project x)))"},
      {"T | where a in ((U | project x))", "T | where (a in ((U | project x)))"},
      {"T | where a in (union U, V)", "T | where (a in ((union U, V)))"},
      {"T | where a in (toscalar(U | summarize make_set(x)), 5)",
       "T | where (a in (toscalar(U | summarize make_set(x)), 5))"},
      {"T | where a in (dynamic([1, 'b']))", "T | where (a in (dynamic([1, \"b\"])))"},
      {"T | where a between(1..2) and b !between (now()-1h .. now())",
       "T | where ((a between (1 .. 2)) and (b !between ((now() - 1h) .. now())))"},
      {"T | where t between (datetime(2024-01-01) .. 1d)",
       "T | where (t between (datetime(2024-01-01) .. 1d))"},
  });
}

TEST(ParserTest, ReadsLiterals) {
  CheckTrees({
      {"print 1, 0x1F, 1.5, 1e5, 1d, true, FALSE", "print 1, 0x1F, 1.5, 1e5, 1d, true, false"},
      {"print 'a' \"b\" @\"c\\\"", "print \"abc\\\\\""},
      {"print ```a\nb```", "print \"a\\u000ab\""},
      {"print datetime( '2024-01-01' ), date(x), datetime()",
       "print datetime(2024-01-01), datetime(x), datetime()"},
      {"print time(1.02:03:04), timespan(15 seconds)",
       "print timespan(1.02:03:04), timespan(15 seconds)"},
      {"print int(-5), long(null), int64(1), double(nan), decimal(1.5), bool(TRUE), bool(0)",
       "print int(-5), long(null), long(1), real(nan), decimal(1.5), bool(true), bool(false)"},
      {"print guid(\"74be27de-1e4e-49d9-b579-fe0b331d3642\")",
       "print guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"},
      {"print dynamic(null), dynamic(1), dynamic('a'), dynamic(-1.5)",
       "print dynamic(null), dynamic(1), dynamic(\"a\"), dynamic(-1.5)"},
      {"print dynamic([1, {'a': [], \"b\": {}}, 1d, datetime(2024-01-01), null, true])",
       "print dynamic([1, {\"a\": [], \"b\": {}}, 1d, datetime(2024-01-01), null, true])"},
      {"print typeof(int64), x = null", "print typeof(long), x = null"},
  });
}

TEST(ParserTest, ReadsAccessToDynamicValues) {
  CheckTrees({
      {"T | where a.b.c[0][\"x\"].d == 1", "T | where (a.b.c[0][\"x\"].d == 1)"},
      {"T | where a.['b c'] == a[-1]", "T | where (a.[\"b c\"] == a[(-1)])"},
      {"T | where f(x)[0].b", "T | where f(x)[0].b"},
      {"T | where dynamic([1])[0] == (a + b).c", "T | where (dynamic([1])[0] == (a + b).c)"},
      {"T | where split(a, '@')[i + 1]", "T | where split(a, \"@\")[(i + 1)]"},
  });
}

TEST(ParserTest, KeywordsAreContextual) {
  CheckTrees({
      {"T | where Type == 'x' and Title has 'y' and Kind == id and count > 1 and table == step",
       "T | where (((((Type == \"x\") and (Title has \"y\")) and (Kind == id)) and (count > 1)) "
       "and (table == [\"step\"]))"},
      {"T | extend by = 1, in = 2, title = 3, where = 4",
       "T | extend [\"by\"] = 1, [\"in\"] = 2, [\"title\"] = 3, [\"where\"] = 4"},
      {"T | where ['by'] == [\"in\"]", "T | where ([\"by\"] == [\"in\"])"},
      {"T | summarize count by take", "T | summarize count by take"},
      {"['T x'] | project ['a b'], ['c']", "[\"T x\"] | project [\"a b\"], c"},
      {"T | extend h = a, range = range(1, 2)", "T | extend h = a, [\"range\"] = range(1, 2)"},
      {"T | where kind == on and from == to1",
       "T | where (([\"kind\"] == [\"on\"]) and "
       "([\"from\"] == to1))"},
      {"count | count", "count | count"},
  });
}

TEST(ParserTest, ReadsColumnOperators) {
  CheckTrees({
      {"T | extend a = b, c, ['d e'] = f(x)", "T | extend a = b, c, [\"d e\"] = f(x)"},
      {"T | extend (a, b) = f(x), c = (a + b)", "T | extend (a, b) = f(x), c = (a + b)"},
      {"T | extend (a) = f(x)", "T | extend a = f(x)"},
      {"T | project", "T | project"},
      {"T | project a, b = a.c", "T | project a, b = a.c"},
      {"T | project-away a*, *b, a*b*c, d", "T | project-away a*, *b, a*b*c, d"},
      {"T | project-keep *", "T | project-keep *"},
      {"T | project-rename a = b, ['c d'] = e", "T | project-rename a = b, [\"c d\"] = e"},
      {"T | project-reorder *, a* asc, b granny-desc",
       "T | project-reorder *, a* asc, b granny-desc"},
      {"T | distinct *", "T | distinct *"},
      {"T | distinct a, tostring(b)", "T | distinct a, tostring(b)"},
  });
}

TEST(ParserTest, ReadsSummarize) {
  CheckTrees({
      {"T | summarize", "T | summarize"},
      {"T | summarize count()", "T | summarize count()"},
      {"T | summarize by a, bin(t, 1h)", "T | summarize by a, bin(t, 1h)"},
      {"T | summarize n = count(), arg_max(t, *) by a, b = c",
       "T | summarize n = count(), arg_max(t, *) by a, b = c"},
      {"T | summarize (m, n) = arg_max(t, a) by b", "T | summarize (m, n) = arg_max(t, a) by b"},
      {"T | summarize hint.strategy = shuffle hint.num_partitions=5 count() by a",
       "T | summarize count() by a"},
      {"T | summarize hint.x", "T | summarize [\"hint\"].x"},
  });
}

TEST(ParserTest, ReadsOrderAndLimits) {
  CheckTrees({
      {"T | sort by a, b asc nulls first, f(c) desc nulls last",
       "T | sort by a, b asc nulls first, f(c) desc nulls last"},
      {"T | order by a nulls last", "T | order by a nulls last"},
      {"T | top 1+2 by a desc", "T | top (1 + 2) by a desc"},
      {"T | take 5 | limit n", "T | take 5 | limit n"},
      {"T | count", "T | count"},
  });
}

TEST(ParserTest, ReadsJoinAndUnion) {
  CheckTrees({
      {"T | join U on a", "T | join U on a"},
      {"T | join kind = leftanti hint.strategy=broadcast (U | where b) on a, $left.c == $right.d",
       "T | join kind=leftanti (U | where b) on a, $left.c == $right.d"},
      {"T | join hint.x=1 kind=inner (U) on $right.a == $left.b and (c)",
       "T | join kind=inner U on $left.b == $right.a, c"},
      {"T | join f(1) on ['a b'] | take 1", "T | join (f(1)) on [\"a b\"] | take 1"},
      {"T | join (datatable(a:long)[1]) on $left[\"a\"] == $right['a']",
       "T | join (datatable(a:long)[1]) on $left.a == $right.a"},
      {"union T, U | count", "union T, U | count"},
      {"T | union kind=inner isfuzzy=true withsource=s (U | take 1), V*, *",
       "T | union kind=inner isfuzzy=true withsource=s (U | take 1), V*, *"},
      {"union withsource = ['a b'] isfuzzy = false T", "union withsource=[\"a b\"] T"},
  });
}

TEST(ParserTest, ReadsSources) {
  CheckTrees({
      {"T", "T"},
      {"f(1, x = 2) | count", "f(1, x = 2) | count"},
      {"(T | take 5) | count", "(T | take 5) | count"},
      {"((T | take 5) | take 6)", "((T | take 5) | take 6)"},
      {"(T) | count", "T | count"},
      {"print x = 1, 2", "print x = 1, 2"},
      {"range x from 1 to n + 1 step 1h", "range x from 1 to (n + 1) step 1h"},
      {"datatable(a:long, ['b c']:date, d:dynamic,)[\n -1, datetime(2024-01-01), dynamic({}),]",
       "datatable(a:long, [\"b c\"]:datetime, d:dynamic)"
       "[-1, datetime(2024-01-01), dynamic({})]"},
      {"datatable(a:string)['a' 'b']", "datatable(a:string)[\"ab\"]"},
  });
}

TEST(ParserTest, ReadsLet) {
  CheckTrees({
      {"let a = 5; let b = a + 1;\n\n T | where c > b;",
       "let a = 5; let b = (a + 1); T | where (c > b)"},
      {"let a = T; a", "let a = T; a"},
      {"let a = T | take 5; a", "let a = (T | take 5); a"},
      {"let a = (T | take 5) | take 6; a", "let a = ((T | take 5) | take 6); a"},
      {"let a = materialize(T | take 5); a", "let a = materialize(T | take 5); a"},
      {"let a = datatable(x:long)[1]; a", "let a = (datatable(x:long)[1]); a"},
      {"let a = toscalar(T | count); T", "let a = toscalar(T | count); T"},
      {"let a = toscalar(2 + 1); T", "let a = (2 + 1); T"},
      {"let ['a b'] = dynamic([1]); T", "let [\"a b\"] = dynamic([1]); T"},
  });
}

TEST(ParserTest, PassesOverWhatHasNoEffect) {
  CheckTrees({
      {"T | render timechart with (title='a|b', ymin=0) | count", "T | render table | count"},
      {"T | as hint.materialized=true X | take 1", "T | as X | take 1"},
      {"T // | where a\n| count // x", "T | count"},
  });
}

TEST(ParserTest, SaysWhatIsExpected) {
  CheckMistakes({
      {"", "0+0 the query is empty [a query begins with a table: T | where ..]"},
      {" // x", "5+0 the query is empty [a query begins with a table: T | where ..]"},
      {"T | where a and", "15+0 expected an expression after `and`, found: the end of the query"},
      {"T | where", "9+0 expected an expression after `where`, found: the end of the query"},
      {"T |",
       "3+0 expected an operator after `|`, found: the end of the query "
       "[remove the last |]"},
      {"T | where a = 1", "12+1 expected `|` after `a`, found: `=` [write == to compare]"},
      {"T | where a == b == c",
       "17+2 expected `|` after `b`, found: `==` "
       "[join comparisons with and, or, or parentheses]"},
      {"T | where a AND b",
       "12+3 expected `|` after `a`, found: `AND` "
       "[operators are in lower case: and]"},
      {"T | where not a", "14+1 expected `|` after `not`, found: `a` [write not(..)]"},
      {"T where a", "2+5 expected `|` after `T`, found: `where` [put a | before where]"},
      {"T | where (a",
       "12+0 expected `)` after `a`, found: the end of the query "
       "[close the `(` of line 1, column 11]"},
      {"T | where a)",
       "11+1 expected `|` after `a`, found: `)` "
       "[no bracket is open that it could close]"},
      {"T | where a in b",
       "15+1 expected `(` after `in`, found: `b` "
       "[a list stands in parentheses: in (..)]"},
      {"T | where by == 1",
       "10+2 expected an expression after `where`, found: `by` "
       "[if it is a column, write ['by']]"},
      {"T | extend and = 1",
       "11+3 expected a name after `extend`, found: `and` "
       "[`and` is a keyword; as a name it is written ['and']]"},
      {"T | extend a b", "13+1 expected `,` or `|` after `a`, found: `b`"},
      {"T | sort a", "9+1 expected `by` after `sort`, found: `a`"},
      {"T | join U",
       "10+0 expected `on` and the key columns after `U`, found: the end of the "
       "query [join (..) on key]"},
      {"T | join kind=lefanti U on a",
       "14+7 there is no join kind: lefanti [did you mean leftanti?]"},
      {"T | join U on a == b",
       "14+6 expected a column or $left.a == $right.b, found: `a == b` "
       "[compute other keys with extend before the join]"},
      {"let a = 5",
       "9+0 the query has no result "
       "[after the let statements, name the table to read: T | where ..]"},
      {"let a 5; T", "6+1 expected `=` after `a`, found: `5`"},
      {"let a = 5 T", "10+1 expected `;` after `5`, found: `T`"},
      {"T; U",
       "3+1 a query has one result; this is another one "
       "[give the first one a name with let, or write rules of their own]"},
      {"T;;", "2+1 expected a statement after `;`, found: `;` [remove the extra ;]"},
      {"1 + 2", "0+1 expected a table, found: `1`"},
      {"where a",
       "0+5 expected a table, found: `where` "
       "[a query begins with a table: T | where ..]"},
      {"datatable(a:long, b:long)[1, 2, 3]",
       "0+9 the values of datatable do not fill whole rows: 2 columns, 3 values"},
      {"datatable(a:lon)[]", "12+3 there is no type: lon [did you mean long?]"},
      {"print dynamic([x])",
       "15+1 expected a literal, [ or { after `[`, found: `x` "
       "[dynamic(..) holds JSON; for other values use bag_pack, pack_array]"},
      {"print datetime(now())",
       "20+1 expected `|` after `datetime(now()`, found: `)` [a literal ends at its first ); to "
       "convert a value write todatetime(..), tolong(..)]"},
      {"T | where f(U | take 1)",
       "14+1 expected `,` or `)` after `U`, found: `|` [close the `(` of line 1, column 12, or "
       "give the pipeline parentheses of its own]"},
  });
}

TEST(ParserTest, RefusesByNameWhatItDoesNotHave) {
  for (std::string_view op :
       {"mv-expand",  "mvexpand",  "mv-apply",  "make-series", "parse",  "parse-where",
        "parse-kv",   "evaluate",  "lookup",    "serialize",   "invoke", "search",
        "find",       "scan",      "fork",      "facet",       "sample", "reduce",
        "top-nested", "getschema", "partition", "externaldata"}) {
    std::string name(op);
    EXPECT_EQ(Mistakes("T | " + name + " a = b with (c | d) | take 1"),
              "4+" + std::to_string(name.size()) + " this operator is not supported yet: " + name);
  }
  CheckMistakes({
      {"T | wher a", "4+4 there is no operator: wher [did you mean where?]"},
      {"T | Project-Away a",
       "4+12 there is no operator: Project-Away [did you mean "
       "project-away?]"},
      {"set x = 1; T", "0+3 this statement is not supported yet: set [remove it]"},
      {"declare query_parameters(a:long = 5); T",
       "0+24 this statement is not supported yet: declare query_parameters "
       "[write the values with let]"},
      {"let f = (a:long) { let b = a; T | where c == b }; f(1)",
       "4+1 a let with a function is not supported yet: f [write its body where it is called]"},
      {"let f = view () { T }; f",
       "4+1 a let with a function is not supported yet: f [write its body where it is called]"},
      {"search 'x' | take 1", "0+6 this source is not supported yet: search"},
      {"workspace('x').T | take 1",
       "0+16 a table of another database or workspace cannot be read: `workspace('x').T`"},
      {"T | where a like 'x'",
       "12+4 this operator is not supported: like "
       "[write has, contains, or matches regex]"},
      {"T | where * has 'x'",
       "10+1 expected an expression after `where`, found: `*` "
       "[`*`, any column, is supported only as in count(*), arg_max(x, *)]"},
  });
}

TEST(ParserTest, ReportsEveryMistakeOnceAndGoesOnAtThePipe) {
  CheckMistakes({
      {"T | where a == | extend b c | take 5",
       "15+1 expected an expression after `==`, found: `|`\n"
       "26+1 expected `,` or `|` after `b`, found: `c`"},
      {"T | wher (a | b) | mv-expand c | extend = 5",
       "4+4 there is no operator: wher [did you mean where?]\n"
       "19+9 this operator is not supported yet: mv-expand\n"
       "40+1 expected an expression after `extend`, found: `=`"},
      {"let a = ; let b = T | tak 5; T | where",
       "8+1 expected an expression after `=`, found: `;`\n"
       "22+3 there is no operator: tak [did you mean take?]\n"
       "38+0 expected an expression after `where`, found: the end of the query"},
      {"T | where a in (U | wher b | take x y) and c == | count d",
       "20+4 there is no operator: wher [did you mean where?]\n"
       "36+1 expected `|` after `x`, found: `y`\n"
       "48+1 expected an expression after `==`, found: `|`\n"
       "56+1 expected `|` after `count`, found: `d`"},
      {"T | join kind=inner (U | foo) on a | bar",
       "25+3 there is no operator: foo\n"
       "37+3 there is no operator: bar"},
      {"T | where (a | extend b; U | wher c",
       "23+1 expected `)` after `b`, found: `;` [close the `(` of line 1, column 11]\n"
       "29+4 there is no operator: wher [did you mean where?]"},
      {"T | where a && b | where c || d",
       "12+2 unexpected characters: && [write `and`]\n"
       "27+2 unexpected characters: || [write `or`]"},
      {"T | where f(a, 'b) | where c\n| wher d",
       "15+13 expected the end of the string, found the end of the line "
       "[close the string with ']"},
  });
}

TEST(ParserTest, NamesThePlaceInTheFileAroundTheQuery) {
  SourceText source{"rules/a.yaml", "T\n| wher a\n", 12, 4};
  Diagnostics diagnostics;
  Parse(source, &diagnostics);
  EXPECT_EQ(Format(source, diagnostics),
            "rules/a.yaml:13:7: error: there is no operator: wher\n"
            " 13 | | wher a\n"
            "    |   ^^^^\n"
            "hint: did you mean where?\n");
}

TEST(ParserTest, NamesTheOpenBracketInTheFileAroundTheQuery) {
  SourceText source{"rules/a.yaml", "T\n| where (a\n", 12, 4};
  Diagnostics diagnostics;
  Parse(source, &diagnostics);
  ASSERT_EQ(diagnostics.all().size(), 1u);
  EXPECT_EQ(diagnostics.all()[0].hint, "close the `(` of line 13, column 13");
  EXPECT_EQ(source.Locate(diagnostics.all()[0].span.offset).line, 13u);
}

TEST(ParserTest, SpansCoverWhatIsWritten) {
  std::string text = "let a = 1; T | where b has \"c\" | join kind=inner U on d";
  SourceText source = Source(text);
  Diagnostics diagnostics;
  Query query = Parse(source, &diagnostics);
  auto written = [&](SourceSpan span) { return text.substr(span.offset, span.length); };
  ASSERT_EQ(query.lets.size(), 1u);
  EXPECT_EQ(written(query.lets[0].name_span), "a");
  EXPECT_EQ(written(query.lets[0].value->span), "1");
  EXPECT_EQ(written(query.body->source.span), "T");
  ASSERT_EQ(query.body->operators.size(), 2u);
  EXPECT_EQ(written(query.body->operators[0].span), "where b has \"c\"");
  EXPECT_EQ(written(query.body->operators[0].name_span), "where");
  const auto& where = std::get<WhereOp>(query.body->operators[0].node);
  EXPECT_EQ(written(where.predicate->span), "b has \"c\"");
  EXPECT_EQ(written(std::get<Binary>(where.predicate->node).op_span), "has");
  const auto& join = std::get<JoinOp>(query.body->operators[1].node);
  EXPECT_EQ(written(join.kind_span), "inner");
  EXPECT_EQ(written(join.on[0].span), "d");
}

std::string Repeat(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += text;
  return out;
}

TEST(ParserTest, AcceptsLongQueries) {
  EXPECT_EQ(Mistakes("T" + Repeat(" | where a", 20'000)), "");
  EXPECT_EQ(Mistakes("T | where a in (0" + Repeat(", 1", 100'000) + ")"), "");
  EXPECT_EQ(Mistakes("T | where a" + Repeat(" or a", 498)), "");
  EXPECT_EQ(Mistakes("T | where " + Repeat("(", 150) + "a" + Repeat(")", 150)), "");
}

// Each of these once, and quickly, instead of a stack overflow.
TEST(ParserTest, RefusesWhatIsTooDeep) {
  constexpr size_t kMany = 100'000;
  const std::string_view too_tall = "the expression has too many terms; the limit is 500";
  const std::string_view too_deep = "nested too deeply; the limit is 200";
  const std::vector<std::pair<std::string, std::string_view>> cases = {
      {"T | where a" + Repeat(" or a", kMany), too_tall},
      {"T | where a" + Repeat("+a", kMany), too_tall},
      {"T | where a" + Repeat(".b", kMany), too_tall},
      {"T | where a" + Repeat("[0]", kMany), too_tall},
      {"T | where " + Repeat("(", 150) + "a" + Repeat("+a+a+a+a)", 150), too_tall},
      {"T | where " + Repeat("not(", kMany), too_deep},
      {"T | where " + Repeat("(", kMany), too_deep},
      {"T | where a" + Repeat("[a", kMany), too_deep},
      {"T | where a in " + Repeat("(T | where a in ", kMany / 4), too_deep},
      {Repeat("(", kMany), too_deep},
      {Repeat("union (", kMany), too_deep},
      {"T | join " + Repeat("(T | join ", kMany / 2), too_deep},
      {"print dynamic(" + Repeat("[", kMany), too_deep},
      {"print dynamic(" + Repeat("{\"a\":", kMany), too_deep},
      {"print " + Repeat("toscalar(", kMany), too_deep},
  };
  for (const auto& [text, message] : cases) {
    SourceText source = Source(text);
    Diagnostics diagnostics;
    Parse(source, &diagnostics);
    ASSERT_FALSE(diagnostics.all().empty()) << text.substr(0, 40);
    EXPECT_EQ(diagnostics.all()[0].message, message) << text.substr(0, 40);
    EXPECT_EQ(diagnostics.all().size(), 1u) << Messages(diagnostics).substr(0, 500);
  }
}

TEST(ParserTest, BoundsTextsAndMessages) {
  EXPECT_EQ(Mistakes(std::string((1 << 20) + 1, ' ')),
            "0+1 the query is longer than 1 MiB; its length in bytes is 1048577 "
            "[keep long lists in a watchlist or a table of their own]");
  SourceText source = Source("T" + Repeat(" |", 10'000));
  Diagnostics diagnostics;
  Parse(source, &diagnostics);
  EXPECT_EQ(diagnostics.all().size(), 100u);
}

}  // namespace
}  // namespace keywatch::kql
