#include "libs/transport/proxy_header.hpp"

#include <gtest/gtest.h>

namespace sotto::transport {
namespace {

const Bytes kSignature{0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
const Bytes kIpv4Rest{192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x14, 0x67};

Bytes start(std::uint8_t command, std::uint8_t family, std::size_t rest) {
  auto out = kSignature;
  out.push_back(command);
  out.push_back(family);
  out.push_back(static_cast<std::uint8_t>(rest >> 8U));
  out.push_back(static_cast<std::uint8_t>(rest));
  return out;
}

std::string source(std::uint8_t command, std::uint8_t family, const Bytes& rest) {
  const auto parsed = parse_proxy_header(start(command, family, rest.size()), rest);
  if (!parsed) return "refused: " + parsed.error().message;
  return parsed->source ? parsed->source->to_string() : "none";
}

TEST(ProxyHeader, SaysHowMuchFollows) {
  EXPECT_EQ(proxy_header_rest(start(0x21, 0x11, 12)).value(), 12U);
  EXPECT_EQ(proxy_header_rest(start(0x20, 0x00, 0)).value(), 0U);
  EXPECT_EQ(proxy_header_rest(start(0x21, 0x11, kMaxProxyHeaderRest)).value(), kMaxProxyHeaderRest);
}

TEST(ProxyHeader, IsRefusedByItsStart) {
  EXPECT_FALSE(proxy_header_rest(start(0x21, 0x11, kMaxProxyHeaderRest + 1)));
  EXPECT_FALSE(proxy_header_rest(start(0x11, 0x11, 12))) << "version 1";
  EXPECT_FALSE(proxy_header_rest(start(0x31, 0x11, 12))) << "version 3";
  for (std::size_t i = 0; i < kSignature.size(); ++i) {
    auto bytes = start(0x21, 0x11, 12);
    bytes[i] ^= 1U;
    EXPECT_FALSE(proxy_header_rest(bytes)) << i;
  }
  const auto bytes = start(0x21, 0x11, 12);
  EXPECT_FALSE(proxy_header_rest(ByteView(bytes).first(bytes.size() - 1)));
  EXPECT_FALSE(proxy_header_rest({}));
}

TEST(ProxyHeader, NamesTheClient) {
  EXPECT_EQ(source(0x21, 0x11, kIpv4Rest), "192.0.2.7");
  Bytes six(36, 0);
  six[0] = 0x20;
  six[1] = 0x01;
  six[2] = 0x0D;
  six[3] = 0xB8;
  six[15] = 9;
  EXPECT_EQ(source(0x21, 0x21, six), "2001:db8::9");
}

TEST(ProxyHeader, MayHoldMoreThanAddresses) {
  auto rest = kIpv4Rest;
  rest.insert(rest.end(), 100, 0x55);
  EXPECT_EQ(source(0x21, 0x11, rest), "192.0.2.7");
}

TEST(ProxyHeader, OfTheBalancerItselfNamesNobody) {
  EXPECT_EQ(source(0x20, 0x00, {}), "none");
  EXPECT_EQ(source(0x20, 0x11, kIpv4Rest), "none") << "what LOCAL says of addresses counts for nothing";
  EXPECT_EQ(source(0x21, 0x00, {}), "none");
  EXPECT_EQ(source(0x21, 0x31, Bytes(216, 0)), "none") << "a Unix socket";
}

TEST(ProxyHeader, IsRefusedByWhatItSays) {
  EXPECT_NE(source(0x22, 0x11, kIpv4Rest).find("command"), std::string::npos);
  EXPECT_NE(source(0x21, 0x12, kIpv4Rest).find("not TCP"), std::string::npos) << "UDP";
  EXPECT_NE(source(0x21, 0x41, kIpv4Rest).find("family"), std::string::npos);
  EXPECT_NE(source(0x21, 0x11, Bytes(11, 1)).find("cut off"), std::string::npos);
  EXPECT_NE(source(0x21, 0x21, kIpv4Rest).find("cut off"), std::string::npos);
}

}  // namespace
}  // namespace sotto::transport
