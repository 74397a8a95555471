#include "libs/directory/session_keys.hpp"

#include <gtest/gtest.h>

namespace sotto::directory {
namespace {

TEST(SessionValue, RoundTrips) {
  for (const SessionRef session : {SessionRef{}, SessionRef{.gateway = 1, .connection = 2},
                                   SessionRef{.gateway = ~0ULL, .connection = 0x8123'4567'89ab'cdefU}}) {
    EXPECT_EQ(decode_session(encode_session(session)), session);
  }
}

TEST(SessionValue, IsAsWritten) {
  EXPECT_EQ(to_hex(encode_session({.gateway = 0x1122334455667788U, .connection = 0x99aabbccddeeff00U})),
            "01"
            "99aabbccddeeff00"
            "1122334455667788");
}

TEST(SessionValue, AnythingElseIsNoSession) {
  const SessionValue value = encode_session({.gateway = 1, .connection = 2});
  for (std::size_t size = 0; size < value.size(); ++size) EXPECT_FALSE(decode_session(ByteView(value).first(size)));
  SessionValue newer = value;
  newer[0] = 2;
  EXPECT_FALSE(decode_session(newer));
  Bytes longer = to_bytes(value);
  longer.push_back(0);
  EXPECT_FALSE(decode_session(longer));
}

}  // namespace
}  // namespace sotto::directory
