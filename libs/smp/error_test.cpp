#include "libs/smp/error.hpp"

#include <gtest/gtest.h>

namespace sotto::smp {
namespace {

std::string encoded(const ProtocolError& error, Version version) {
  Bytes out;
  encode(error, version, out);
  return std::string(as_text(out));
}

// Every error in the form it has in the newest version; all of them parse to themselves.
const char* const kTexts[] = {"BLOCK",
                              "SESSION",
                              "AUTH",
                              "SERVICE",
                              "CRYPTO",
                              "QUOTA",
                              "NO_MSG",
                              "LARGE_MSG",
                              "EXPIRED",
                              "INTERNAL",
                              "CMD UNKNOWN",
                              "CMD SYNTAX",
                              "CMD PROHIBITED",
                              "CMD NO_AUTH",
                              "CMD HAS_AUTH",
                              "CMD NO_ENTITY",
                              "BLOCKED reason=spam",
                              "BLOCKED reason=content",
                              "BLOCKED reason=spam,notice={}",
                              "BLOCKED reason=spam,notice={\"ttl\":null}",
                              "BLOCKED reason=content,notice={\"ttl\":86400}",
                              "STORE ",
                              "STORE text with spaces",
                              "NAME NO_RESOLVER",
                              "NAME NOT_FOUND",
                              "NAME RESOLVER ",
                              "NAME RESOLVER time out",
                              "PROXY BASIC_AUTH",
                              "PROXY NO_SESSION",
                              "PROXY PROTOCOL AUTH",
                              "PROXY PROTOCOL CMD SYNTAX",
                              "PROXY PROTOCOL STORE x",
                              "PROXY PROTOCOL PROXY NO_SESSION",
                              "PROXY PROTOCOL PROXY BROKER HOST",
                              "PROXY BROKER NETWORK",
                              "PROXY BROKER TIMEOUT",
                              "PROXY BROKER HOST",
                              "PROXY BROKER NO_SERVICE",
                              "PROXY BROKER RESPONSE \004text",
                              "PROXY BROKER UNEXPECTED \001 ",
                              "PROXY BROKER TRANSPORT BLOCK",
                              "PROXY BROKER TRANSPORT VERSION",
                              "PROXY BROKER TRANSPORT LARGE_MSG",
                              "PROXY BROKER TRANSPORT SESSION",
                              "PROXY BROKER TRANSPORT NO_AUTH",
                              "PROXY BROKER TRANSPORT HANDSHAKE PARSE",
                              "PROXY BROKER TRANSPORT HANDSHAKE IDENTITY",
                              "PROXY BROKER TRANSPORT HANDSHAKE BAD_AUTH",
                              "PROXY BROKER TRANSPORT HANDSHAKE BAD_SERVICE"};

TEST(ProtocolErrors, EachParsesToItself) {
  for (const auto* text : kTexts) {
    const auto error = parse_error(as_bytes(text));
    ASSERT_TRUE(error) << text;
    EXPECT_EQ(to_string(*error), text);
  }
}

TEST(ProtocolErrors, SameLooksThroughTheProxy) {
  for (const auto* a : kTexts) {
    for (const auto* b : kTexts) {
      EXPECT_EQ(same(*parse_error(as_bytes(a)), *parse_error(as_bytes(b))), std::string_view(a) == b)
          << a << " / " << b;
    }
  }
}

TEST(ProtocolErrors, BlockedInOldVersions) {
  const ProtocolError blocked = Blocked{BlockingReason::content, "{\"ttl\":1}"};
  EXPECT_EQ(encoded(blocked, 11), "AUTH");
  EXPECT_EQ(encoded(blocked, 12), "BLOCKED reason=content");
  EXPECT_EQ(encoded(blocked, 17), "BLOCKED reason=content");
  EXPECT_EQ(encoded(blocked, 18), "BLOCKED reason=content,notice={\"ttl\":1}");
  EXPECT_EQ(encoded(proxy_error(blocked), 11), "PROXY PROTOCOL AUTH");
}

TEST(ProtocolErrors, FormsThatOtherServersWrite) {
  EXPECT_EQ(to_string(parse_error(as_bytes("CMD NO_QUEUE")).value()), "CMD NO_ENTITY");
  for (const auto* text :
       {"PROXY BROKER NETWORK CONNECT \003why", "PROXY BROKER NETWORK TLS \003why", "PROXY BROKER NETWORK UNKNOWNCA",
        "PROXY BROKER NETWORK FAILED", "PROXY BROKER NETWORK TIMEOUT", "PROXY BROKER NETWORK SUBSCRIBE \003why"}) {
    const auto error = parse_error(as_bytes(text));
    ASSERT_TRUE(error) << text;
    EXPECT_EQ(to_string(*error), "PROXY BROKER NETWORK");
  }
}

TEST(ProtocolErrors, Refusals) {
  for (const auto* text : {"",
                           " ",
                           "auth",
                           "AUTH ",
                           "AUTH x",
                           "NOPE",
                           "CMD",
                           "CMD ",
                           "CMD NOPE",
                           "CMD SYNTAX ",
                           "BLOCKED",
                           "BLOCKED reason=",
                           "BLOCKED reason=spamx",
                           "BLOCKED reason=spam,notice=",
                           "BLOCKED reason=spam,notice=[]",
                           "BLOCKED reason=spam,notice={",
                           "BLOCKED reason=spam,notice={\"ttl\":\"x\"}",
                           "BLOCKED reason=spam,notice={} x",
                           "STORE",
                           "NAME",
                           "NAME ",
                           "NAME RESOLVER",
                           "NAME NOT_FOUND ",
                           "PROXY",
                           "PROXY ",
                           "PROXY NOPE",
                           "PROXY PROTOCOL",
                           "PROXY PROTOCOL ",
                           "PROXY PROTOCOL NOPE",
                           "PROXY BROKER",
                           "PROXY BROKER ",
                           "PROXY BROKER NOPE",
                           "PROXY BROKER TIMEOUT ",
                           "PROXY BROKER RESPONSE",
                           "PROXY BROKER RESPONSE \004tex",
                           "PROXY BROKER RESPONSE \004texts",
                           "PROXY BROKER NETWORK ",
                           "PROXY BROKER NETWORK NOPE",
                           "PROXY BROKER TRANSPORT",
                           "PROXY BROKER TRANSPORT NOPE",
                           "PROXY BROKER TRANSPORT HANDSHAKE",
                           "PROXY BROKER TRANSPORT HANDSHAKE NOPE"}) {
    EXPECT_FALSE(parse_error(as_bytes(text))) << text;
  }
}

TEST(ProtocolErrors, NestingIsBounded) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "PROXY PROTOCOL ";
  EXPECT_FALSE(parse_error(as_bytes(text + "AUTH")));
}

TEST(ProtocolErrors, LongTextsAreCutWhereTheWireHasOneByteForTheLength) {
  const ProtocolError error = proxy_error(BrokerError{BrokerError::Kind::response, std::string(300, 'x'), {}});
  const auto text = encoded(error, 20);
  EXPECT_TRUE(parse_error(as_bytes(text)));
  EXPECT_EQ(text.size(), std::string_view("PROXY BROKER RESPONSE ").size() + 1 + 255);
}

TEST(TransportErrors, RoundTrip) {
  for (const auto* text : {"BLOCK", "VERSION", "LARGE_MSG", "SESSION", "NO_AUTH", "HANDSHAKE PARSE",
                           "HANDSHAKE IDENTITY", "HANDSHAKE BAD_AUTH", "HANDSHAKE BAD_SERVICE"}) {
    const auto error = parse_transport_error(as_bytes(text));
    ASSERT_TRUE(error) << text;
    Bytes out;
    encode(*error, out);
    EXPECT_EQ(as_text(out), text);
  }
  for (const auto* text : {"", "HANDSHAKE", "HANDSHAKE ", "BLOCK ", "AUTH"})
    EXPECT_FALSE(parse_transport_error(as_bytes(text)));
}

}  // namespace
}  // namespace sotto::smp
