#include "libs/dial/address_scope.hpp"

#include <tuple>

#include <gtest/gtest.h>

namespace sotto::dial {
namespace {

namespace ip = boost::asio::ip;

using Row = std::tuple<const char*, bool>;

class Scope : public testing::TestWithParam<Row> {};

TEST_P(Scope, IsAsTheRegistriesSay) {
  const auto& [text, expected] = GetParam();
  EXPECT_EQ(is_public(ip::make_address(text)), expected) << text;
}

// Both ends of each range, and their neighbours outside.
INSTANTIATE_TEST_SUITE_P(
    V4, Scope,
    testing::Values(
        Row{"0.0.0.0", false}, Row{"0.255.255.255", false}, Row{"1.0.0.0", true}, Row{"9.255.255.255", true},
        Row{"10.0.0.0", false}, Row{"10.255.255.255", false}, Row{"11.0.0.0", true}, Row{"100.63.255.255", true},
        Row{"100.64.0.0", false}, Row{"100.127.255.255", false}, Row{"100.128.0.0", true}, Row{"126.255.255.255", true},
        Row{"127.0.0.1", false}, Row{"127.255.255.255", false}, Row{"128.0.0.0", true}, Row{"169.253.255.255", true},
        Row{"169.254.0.0", false}, Row{"169.254.169.254", false}, Row{"169.255.0.0", true}, Row{"172.15.255.255", true},
        Row{"172.16.0.0", false}, Row{"172.31.255.255", false}, Row{"172.32.0.0", true}, Row{"191.255.255.255", true},
        Row{"192.0.0.0", false}, Row{"192.0.0.170", false}, Row{"192.0.1.0", true}, Row{"192.0.2.1", false},
        Row{"192.0.3.0", true}, Row{"192.88.99.1", false}, Row{"192.88.100.0", true}, Row{"192.167.255.255", true},
        Row{"192.168.0.0", false}, Row{"192.168.255.255", false}, Row{"192.169.0.0", true}, Row{"198.17.255.255", true},
        Row{"198.18.0.0", false}, Row{"198.19.255.255", false}, Row{"198.20.0.0", true}, Row{"198.51.100.7", false},
        Row{"198.51.101.0", true}, Row{"203.0.113.255", false}, Row{"203.0.114.0", true}, Row{"223.255.255.255", true},
        Row{"224.0.0.1", false}, Row{"239.255.255.255", false}, Row{"240.0.0.0", false}, Row{"255.255.255.255", false},
        Row{"8.8.8.8", true}));

INSTANTIATE_TEST_SUITE_P(
    V6, Scope,
    testing::Values(Row{"::", false}, Row{"::1", false}, Row{"::127.0.0.1", false}, Row{"::8.8.8.8", false},
                    Row{"::ffff:8.8.8.8", true}, Row{"::ffff:127.0.0.1", false}, Row{"::ffff:10.1.2.3", false},
                    Row{"::ffff:0:127.0.0.1", false}, Row{"64:ff9b::8.8.8.8", true}, Row{"64:ff9b::127.0.0.1", false},
                    Row{"64:ff9b::192.168.0.1", false}, Row{"64:ff9b::1:8.8.8.8", false},
                    Row{"64:ff9b:1::8.8.8.8", false}, Row{"100::1", false}, Row{"100:0:0:1::1", false},
                    Row{"1fff:ffff::1", false}, Row{"2000::1", true}, Row{"2001::1", false},
                    Row{"2001:0:4136:e378:8000:63bf:3fff:fdd2", false}, Row{"2001:2::1", false},
                    Row{"2001:20::1", false}, Row{"2001:1ff:ffff::1", false}, Row{"2001:200::1", true},
                    Row{"2001:db7:ffff::1", true}, Row{"2001:db8::1", false}, Row{"2001:db8:ffff::1", false},
                    Row{"2001:db9::1", true}, Row{"2002:808:808::1", false}, Row{"2002:7f00:1::1", false},
                    Row{"2003::1", true}, Row{"2606:4700:4700::1111", true}, Row{"3fff::1", false},
                    Row{"3fff:fff:ffff::1", false}, Row{"3fff:1000::1", true}, Row{"4000::1", false},
                    Row{"5f00::1", false}, Row{"fc00::1", false}, Row{"fdff::1", false}, Row{"fe80::1", false},
                    Row{"fe80::1%1", false}, Row{"fec0::1", false}, Row{"ff02::1", false}, Row{"ff0e::1", false}));

TEST(AddressPrefix, ContainsWhatBeginsWithItsBits) {
  const auto contains = [](const char* prefix, const char* address) {
    const auto parsed = AddressPrefix::parse(prefix);
    EXPECT_TRUE(parsed.ok()) << prefix;
    return parsed.ok() && parsed->contains(ip::make_address(address));
  };
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "a00::1"));
  EXPECT_TRUE(contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(contains("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(contains("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(contains("fc00::/7", "fdff::1"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1", "::"));
  EXPECT_TRUE(contains("::/0", "fe80::1"));
  EXPECT_FALSE(contains("::/0", "::ffff:10.0.0.1"));
}

TEST(AddressPrefix, SaysWhatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto parsed = AddressPrefix::parse(text);
    if (parsed) return std::string("accepted");
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    return parsed.error().message;
  };
  for (const auto* text :
       {"", "/8", "example.org", "10.0.0/8", "10.0.0.0.0/8", "10.0.0.256", "fe80::1%eth0", "[::1]"}) {
    EXPECT_TRUE(message(text).starts_with("no IP address")) << text;
  }
  for (const auto* text : {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8", "10.0.0.0/ 8",
                           "10.0.0.0/99999999999"}) {
    EXPECT_TRUE(message(text).ends_with("not a number from 0 to 32")) << text;
  }
  EXPECT_TRUE(message("2001:db8::/129").ends_with("not a number from 0 to 128"));
  EXPECT_TRUE(message("10.0.0.1/8").starts_with("the address has bits set")) << message("10.0.0.1/8");
  EXPECT_TRUE(message("::ffff:10.0.0.0/104").starts_with("an IPv4 address"));
}

TEST(AddressPrefix, IsAValue) {
  EXPECT_EQ(*AddressPrefix::parse("192.0.2.1"), *AddressPrefix::parse("192.0.2.1/32"));
  EXPECT_FALSE(*AddressPrefix::parse("10.0.0.0/8") == *AddressPrefix::parse("10.0.0.0/9"));
}

}  // namespace
}  // namespace sotto::dial
