#include "libs/backend/proxy_destinations.hpp"

#include <gtest/gtest.h>

namespace sotto::backend {
namespace {

using Verdict = ProxyDestinations::Verdict;

ProxyDestinations rules(const std::vector<std::string>& patterns) {
  return ProxyDestinations::parse(patterns).value();
}

Bytes v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {a, b, c, d};
}

TEST(ProxyDestinations, AnEmptyListAllowsAll) {
  const auto all = rules({});
  EXPECT_EQ(all.host("smp.example.com"), Verdict::allowed);
  EXPECT_TRUE(all.address(v4(192, 0, 2, 1), Verdict::allowed));
}

TEST(ProxyDestinations, NamesAndWhatIsBelowThem) {
  const auto some = rules({"smp.example.com", "*.example.org"});
  EXPECT_EQ(some.host("smp.example.com"), Verdict::allowed);
  EXPECT_EQ(some.host("SMP.Example.COM."), Verdict::allowed);
  EXPECT_EQ(some.host("a.smp.example.com"), Verdict::refused);
  EXPECT_EQ(some.host("a.example.org"), Verdict::allowed);
  EXPECT_EQ(some.host("a.b.example.org"), Verdict::allowed);
  EXPECT_EQ(some.host("example.org"), Verdict::refused);
  EXPECT_EQ(some.host(".example.org"), Verdict::refused);
  EXPECT_EQ(some.host("notexample.org"), Verdict::refused);
  EXPECT_EQ(some.host("192.0.2.1"), Verdict::refused);
}

TEST(ProxyDestinations, NetworksDecideByAddress) {
  const auto some = rules({"192.0.2.128/25", "2001:db8::/33", "198.51.100.7"});
  const auto verdict = some.host("anything.example");
  EXPECT_EQ(verdict, Verdict::by_address);
  EXPECT_TRUE(some.address(v4(192, 0, 2, 200), verdict));
  EXPECT_FALSE(some.address(v4(192, 0, 2, 100), verdict));
  EXPECT_TRUE(some.address(v4(198, 51, 100, 7), verdict));
  EXPECT_FALSE(some.address(v4(198, 51, 100, 8), verdict));
  EXPECT_TRUE(some.address(Bytes{0x20, 0x01, 0x0d, 0xb8, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, verdict));
  EXPECT_FALSE(some.address(Bytes{0x20, 0x01, 0x0d, 0xb8, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, verdict));
  EXPECT_TRUE(rules({"0.0.0.0/0"}).address(v4(1, 2, 3, 4), Verdict::by_address));
}

TEST(ProxyDestinations, RefusalsComeFirst) {
  const auto some = rules({"*.example.org", "!bad.example.org", "!192.0.2.0/24"});
  EXPECT_EQ(some.host("good.example.org"), Verdict::allowed);
  EXPECT_EQ(some.host("bad.example.org"), Verdict::refused);
  EXPECT_FALSE(some.address(v4(192, 0, 2, 1), Verdict::allowed));
  EXPECT_TRUE(some.address(v4(192, 0, 3, 1), Verdict::allowed));
  const auto all_but = rules({"!*.example.org"});
  EXPECT_EQ(all_but.host("smp.example.com"), Verdict::allowed);
  EXPECT_EQ(all_but.host("x.example.org"), Verdict::refused);
  EXPECT_FALSE(all_but.address(v4(1, 2, 3, 4), Verdict::refused));
}

TEST(ProxyDestinations, TranslatedAddressesAreWhatTheyLeadTo) {
  const Bytes translated{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
  EXPECT_FALSE(rules({"!192.0.2.0/24"}).address(translated, Verdict::allowed));
  EXPECT_TRUE(rules({"!192.0.3.0/24"}).address(translated, Verdict::allowed));
  EXPECT_TRUE(rules({"192.0.2.0/24"}).address(translated, Verdict::by_address));
  EXPECT_FALSE(rules({"192.0.3.0/24"}).address(translated, Verdict::by_address));
  EXPECT_FALSE(rules({"192.0.2.0/24", "!64:ff9b::/96"}).address(translated, Verdict::by_address));
}

TEST(ProxyDestinations, WhatIsNoPattern) {
  for (const auto* pattern : {"",
                              "!",
                              "*",
                              "*.",
                              "!*.",
                              "a..b",
                              ".a",
                              "a.",
                              "a b",
                              "a_b",
                              "*a.example.org",
                              "a.*.org",
                              "256.0.0.1",
                              "1.2.3",
                              "192.0.2.0/33",
                              "192.0.2.0/",
                              "192.0.2.0/x",
                              "/8",
                              "::1/129",
                              ":",
                              "!!a",
                              "smp.example.com:5223",
                              "a/8"}) {
    const auto parsed = ProxyDestinations::parse({pattern});
    ASSERT_FALSE(parsed) << pattern;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(ProxyDestinations::parse({std::string(254, 'a')}));
  EXPECT_TRUE(ProxyDestinations::parse({"a", "*.a", "A.b", "!::/0", "10.0.0.0/8", "example.onion"}));
}

}  // namespace
}  // namespace sotto::backend
