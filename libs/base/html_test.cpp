#include "libs/base/html.hpp"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(HtmlEscaped, LeavesNothingThatHtmlReads) {
  EXPECT_EQ(html_escaped("a & b <i> \"c\" 'd'"), "a &amp; b &lt;i&gt; &quot;c&quot; &#39;d&#39;");
  EXPECT_EQ(html_escaped("Zürich 東京"), "Zürich 東京");
  EXPECT_EQ(html_escaped(""), "");
}

}  // namespace
}  // namespace sotto
