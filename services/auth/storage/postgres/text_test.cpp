#include "services/auth/storage/postgres/text.hpp"

#include <gtest/gtest.h>

namespace sotto::auth {
namespace {

TEST(StorableText, LeavesUtf8AsItIs) {
  for (const auto* text : {"", "plain", "Zoë, 日本, \xf0\x9f\x94\x91", "\x7f\t\n"})
    EXPECT_EQ(storable_text(text), text);
}

TEST(StorableText, ReplacesWhatIsNone) {
  EXPECT_EQ(storable_text(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(storable_text("\xff ok \x80"), "? ok ?");
  EXPECT_EQ(storable_text("\xc0\xaf"), "??");               // longer than need be
  EXPECT_EQ(storable_text("\xe0\x80\xaf"), "???");          // the same
  EXPECT_EQ(storable_text("\xed\xa0\x80"), "???");          // half of a pair
  EXPECT_EQ(storable_text("\xf4\x90\x80\x80"), "????");     // beyond the last
  EXPECT_EQ(storable_text("end \xe6\x97"), "end ??");       // cut
  EXPECT_EQ(storable_text("\xc3(\xc3\xab"), "?(\xc3\xab");  // goes on after it
}

}  // namespace
}  // namespace sotto::auth
