#include "libs/redis/reply_reader.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sotto::redis {
namespace {

using Kind = Reply::Kind;

// All replies of a text that arrives in pieces of this size.
std::vector<Reply> read(std::string_view text, std::size_t piece) {
  ReplyReader reader(1000, 100);
  std::vector<Reply> out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    EXPECT_TRUE(reader.feed(as_bytes(text.substr(at, piece))));
    Reply reply;
    for (;;) {
      const auto whole = reader.next(reply);
      EXPECT_TRUE(whole) << whole.error().message;
      if (!whole || !*whole) break;
      out.push_back(std::move(reply));
    }
  }
  return out;
}

TEST(ReplyReader, ReadsAllKindsInPiecesOfAnySize) {
  using std::string_view_literals::operator""sv;
  constexpr auto text =
      "+OK\r\n-ERR no\r\n:-42\r\n$6\r\na\r\n\0b\xff\r\n$-1\r\n*-1\r\n*0\r\n"
      "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n-EXECABORT y\r\n$0\r\n\r\n:7\r\n"sv;
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto replies = read(text, piece);
    ASSERT_EQ(replies.size(), 9U) << piece;
    EXPECT_EQ(replies[0], Reply::of_text(Kind::status, "OK"));
    EXPECT_EQ(replies[1], Reply::of_text(Kind::error, "ERR no"));
    EXPECT_EQ(replies[2].integer(), -42);
    EXPECT_EQ(replies[3], Reply::of_text(Kind::bytes, {"a\r\n\0b\xff", 6}));
    EXPECT_TRUE(replies[4].is_nil());
    EXPECT_TRUE(replies[5].is_nil());
    EXPECT_TRUE(replies[6].is_array());
    ASSERT_EQ(replies[7].array().size(), 3U);
    EXPECT_EQ(replies[7][0].integer(), 1);
    EXPECT_EQ(replies[7][1][0].text(), "x");
    EXPECT_EQ(replies[7][1][1].kind(), Kind::error);
    EXPECT_EQ(replies[7][1][1].text(), "EXECABORT y");
    EXPECT_TRUE(replies[7][2].is_bytes());
    EXPECT_TRUE(replies[7][3].is_nil());
    EXPECT_EQ(replies[8].integer(), 7);
  }
}

TEST(ReplyReader, RefusesWhatIsNoReply) {
  for (const auto* text : {"HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x01", "$x\r\n", "*101\r\n", ":1x\r\n"}) {
    ReplyReader reader(1000, 100);
    ASSERT_TRUE(reader.feed(as_bytes(text)));
    Reply reply;
    const auto refused = reader.next(reply);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::protocol);
  }
}

TEST(ReplyReader, BoundsWhatItHolds) {
  ReplyReader reader(1000, 100);
  const std::string piece(500, 'x');
  Reply reply;
  ASSERT_TRUE(reader.feed(as_bytes("$100000\r\n")));
  ASSERT_TRUE(reader.next(reply));
  ASSERT_TRUE(reader.feed(as_bytes(piece)));
  ASSERT_TRUE(reader.next(reply));
  const auto refused = reader.feed(as_bytes(piece));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::protocol);
}

}  // namespace
}  // namespace sotto::redis
