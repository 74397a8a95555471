#include "libs/base/bytes.hpp"

#include <gtest/gtest.h>

namespace sotto {
namespace {

TEST(Bytes, HexRoundTrip) {
  EXPECT_EQ(to_hex(as_bytes("\x01\xfe")), "01fe");
  EXPECT_EQ(from_hex("01FE").value(), (Bytes{0x01, 0xfe}));
  EXPECT_FALSE(from_hex("0").ok());
  EXPECT_FALSE(from_hex("0g").ok());
}

TEST(Bytes, Base64UrlVectorsOfRfc4648) {
  for (auto [plain, text] : {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
    EXPECT_EQ(to_base64url(as_bytes(plain)), text);
    EXPECT_EQ(from_base64url(text).value(), to_bytes(as_bytes(plain)));
  }
  EXPECT_EQ(from_base64url("Zg").value(), to_bytes(as_bytes("f")));
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff}), "-_8=");
}

TEST(Bytes, Base64UrlRefusals) {
  for (auto text : {"Z", "Zg=", "Zh==", "Zm9v=", "Zm+v", "Zg===", "Z g="})
    EXPECT_FALSE(from_base64url(text).ok()) << text;
}

}  // namespace
}  // namespace sotto
