#include "app/page/html.h"

#include <gtest/gtest.h>

namespace keywatch::app::page {
namespace {

TEST(Html, MarkupInATextStaysText) {
  Html html;
  html.Raw("<b title=\"").Text("\"><script>alert('x')</script>&").Raw("\">");
  EXPECT_EQ(html.str(),
            "<b title=\"&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;\">");
}

TEST(Html, ShowsControlCharactersInsteadOfObeyingThem) {
  EXPECT_EQ(EscapeHtml(std::string_view("a\0b\x1b[31m\x7f\r", 10)),
            "a\u2400b\u241b[31m\u2421\u240d");
  EXPECT_EQ(EscapeHtml("two\n\tlines"), "two\n\tlines");
}

TEST(Html, ShowsWhatReordersOrHides) {
  EXPECT_EQ(EscapeHtml("exe.\u202Egpj"), "exe.[U+202E]gpj");
  EXPECT_EQ(EscapeHtml("a\u200Bb\uFEFFc\u2066d"), "a[U+200B]b[U+FEFF]c[U+2066]d");
  EXPECT_EQ(EscapeHtml("\u0085"), "[U+0085]");
  EXPECT_EQ(EscapeHtml("\U000E0041"), "[U+E0041]");
}

TEST(Html, KeepsWhatIsLegible) {
  EXPECT_EQ(EscapeHtml("Grüße, 東京, \u05E9\u05DC\u05D5\u05DD, 😀"),
            "Grüße, 東京, \u05E9\u05DC\u05D5\u05DD, 😀");
}

TEST(Html, BytesThatAreNoUtf8BecomeReplacements) {
  EXPECT_EQ(EscapeHtml("a\xC3(\xFF"), "a\uFFFD(\uFFFD");
  EXPECT_EQ(EscapeHtml("\xE2\x80"), "\uFFFD\uFFFD");
}

TEST(Html, PercentEncodingLeavesNothingThatSeparates) {
  EXPECT_EQ(PercentEncode("a/b?c&d=e f\"<\xC3"), "a%2Fb%3Fc%26d%3De%20f%22%3C%C3");
  EXPECT_EQ(PercentEncode("Az09-_.~"), "Az09-_.~");
}

}  // namespace
}  // namespace keywatch::app::page
