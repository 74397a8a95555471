#include "libs/redis/reply_error.hpp"

#include <gtest/gtest.h>

namespace sotto::redis {
namespace {

using Kind = ReplyError::Kind;

TEST(ReplyError, SaysWhereToGo) {
  const auto moved = classify("MOVED 3999 127.0.0.1:6381");
  EXPECT_EQ(moved.kind, Kind::moved);
  EXPECT_EQ(moved.slot, 3999);
  EXPECT_EQ(moved.address, (Address{"127.0.0.1", 6381}));
  const auto ask = classify("ASK 16383 2001:db8::1:7000");
  EXPECT_EQ(ask.kind, Kind::ask);
  EXPECT_EQ(ask.address, (Address{"2001:db8::1", 7000}));
  EXPECT_EQ(classify("MOVED 1 :7000").address, (Address{"", 7000}));
}

TEST(ReplyError, TakesNothingFromBrokenRedirections) {
  for (const auto* text : {"MOVED", "MOVED 1", "MOVED x 127.0.0.1:1", "MOVED 16384 127.0.0.1:1", "ASK 1 127.0.0.1:0",
                           "ASK 1 127.0.0.1:99999", "MOVED 1 127.0.0.1", "MOVEDX 1 127.0.0.1:1"}) {
    EXPECT_EQ(classify(text).kind, Kind::other) << text;
  }
}

TEST(ReplyError, KnowsWhatPasses) {
  EXPECT_EQ(classify("TRYAGAIN Multiple keys request during rehashing of slot").kind, Kind::try_again);
  EXPECT_EQ(classify("CLUSTERDOWN The cluster is down").kind, Kind::try_again);
  EXPECT_EQ(classify("NOSCRIPT No matching script. Please use EVAL.").kind, Kind::no_script);
}

TEST(ReplyError, BecomesAnErrorWithoutArguments) {
  const auto unknown = to_error("ERR unknown command 'FOO', with args beginning with: 'secret'");
  EXPECT_EQ(unknown.code, ErrorCode::internal);
  EXPECT_EQ(unknown.message, "Redis answered: ERR unknown command");
  EXPECT_EQ(to_error("LOADING Redis is loading the dataset in memory").code, ErrorCode::unavailable);
  EXPECT_EQ(to_error("OOM command not allowed").code, ErrorCode::unavailable);
  EXPECT_EQ(to_error("NOAUTH Authentication required.").code, ErrorCode::unauthenticated);
  EXPECT_EQ(to_error("WRONGPASS").code, ErrorCode::unauthenticated);
  EXPECT_EQ(to_error("NOPERM this user").code, ErrorCode::permission_denied);
  EXPECT_EQ(to_error("WRONGTYPE Operation").code, ErrorCode::internal);
  EXPECT_EQ(to_error("").code, ErrorCode::internal);
}

}  // namespace
}  // namespace sotto::redis
