#include "libs/config/value.hpp"

#include <gtest/gtest.h>

namespace sotto::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Bounds<milliseconds> kAnyTime{milliseconds(0), hours(24 * 365)};
constexpr Bounds<std::uint64_t> kAnySize{0, ~0ULL};

TEST(Boolean, HasTheUsualWords) {
  for (const auto* text : {"true", "yes", "on", "1", "True", " ON "}) EXPECT_TRUE(*parse_boolean(text)) << text;
  for (const auto* text : {"false", "no", "off", "0", "OFF"}) EXPECT_FALSE(*parse_boolean(text)) << text;
  for (const auto* text : {"", "2", "maybe", "tru"}) EXPECT_FALSE(parse_boolean(text).ok()) << text;
}

TEST(Integer, IncludesItsBounds) {
  EXPECT_EQ(*parse_integer("1", {1, 10}), 1);
  EXPECT_EQ(*parse_integer(" 10 ", {1, 10}), 10);
  EXPECT_EQ(*parse_integer("-3", {-3, 10}), -3);
  EXPECT_EQ(parse_integer("0", {1, 10}).error().message, "is too small");
  EXPECT_EQ(parse_integer("11", {1, 10}).error().message, "is too large");
  for (const auto* text : {"", "1.5", "1x", "x", "99999999999999999999", "+1"}) {
    EXPECT_EQ(parse_integer(text, {1, 10}).error().message, "is not a whole number") << text;
  }
}

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(*parse_duration("1500ms", kAnyTime), milliseconds(1500));
  EXPECT_EQ(*parse_duration("90s", kAnyTime), seconds(90));
  EXPECT_EQ(*parse_duration("5m", kAnyTime), seconds(300));
  EXPECT_EQ(*parse_duration("6 h", kAnyTime), hours(6));
  EXPECT_EQ(*parse_duration("21d", kAnyTime), hours(21 * 24));
  EXPECT_EQ(*parse_duration("0", kAnyTime), milliseconds(0));
  EXPECT_EQ(parse_duration("21", kAnyTime).error().message, "has no unit");
  EXPECT_EQ(parse_duration("21w", kAnyTime).error().message, "has an unknown unit");
  EXPECT_EQ(parse_duration("d", kAnyTime).error().message, "is not a duration");
  EXPECT_EQ(parse_duration("-1s", kAnyTime).error().message, "is not a duration");
  EXPECT_EQ(parse_duration("1s", {seconds(2), seconds(3)}).error().message, "is too short");
  EXPECT_EQ(parse_duration("4s", {seconds(2), seconds(3)}).error().message, "is too long");
  EXPECT_EQ(parse_duration("9223372036854775807d", kAnyTime).error().message, "is too long");
}

TEST(Duration, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(format_duration(milliseconds(1500)), "1500ms");
  EXPECT_EQ(format_duration(seconds(90)), "90s");
  EXPECT_EQ(format_duration(hours(21 * 24)), "21d");
  EXPECT_EQ(format_duration(milliseconds(0)), "0");
}

TEST(Size, CountsInPowersOf1024) {
  EXPECT_EQ(*parse_size("64MiB", kAnySize), 64U << 20U);
  EXPECT_EQ(*parse_size("256 KiB", kAnySize), 256U << 10U);
  EXPECT_EQ(*parse_size("17", kAnySize), 17U);
  EXPECT_EQ(parse_size("64MB", kAnySize).error().message, "has an unknown unit");
  EXPECT_EQ(parse_size("MiB", kAnySize).error().message, "is not a size");
  EXPECT_EQ(parse_size("99999999999GiB", kAnySize).error().message, "is too large");
  EXPECT_EQ(parse_size("1KiB", {2048, 4096}).error().message, "is too small");
  EXPECT_EQ(format_size(64U << 20U), "64MiB");
  EXPECT_EQ(format_size(1025), "1025");
}

TEST(Ports, AreAListWithoutDuplicates) {
  EXPECT_EQ(*parse_ports("5223,443"), (std::vector<std::uint16_t>{5223, 443}));
  EXPECT_EQ(*parse_ports(" 0 , 0 "), (std::vector<std::uint16_t>{0, 0}));
  for (const auto* text : {"", "70000", "5223,", "5223,x", "-1", "443,443", "5223 443"}) {
    EXPECT_FALSE(parse_ports(text).ok()) << text;
  }
}

TEST(Addresses, AreOfEitherFamily) {
  EXPECT_EQ(*parse_addresses("0.0.0.0, [::]"), (std::vector<std::string>{"0.0.0.0", "::"}));
  for (const auto* text : {"", "localhost", "1.2.3", "::,::", "1.2.3.4:80"}) {
    EXPECT_FALSE(parse_addresses(text).ok()) << text;
  }
}

TEST(EndpointText, NeedsBracketsForIpv6) {
  EXPECT_EQ(**parse_endpoint("127.0.0.1:9090"), (Endpoint{"127.0.0.1", 9090}));
  EXPECT_EQ(**parse_endpoint("[::1]:9090"), (Endpoint{"::1", 9090}));
  EXPECT_FALSE(parse_endpoint("")->has_value());
  for (const auto* text : {"127.0.0.1", "::1:9090", "[::1]", "localhost:80", "1.2.3.4:x", ":80", "1.2.3.4:70000"}) {
    EXPECT_FALSE(parse_endpoint(text).ok()) << text;
  }
  EXPECT_EQ(format_endpoint({"127.0.0.1", 1}), "127.0.0.1:1");
  EXPECT_EQ(format_endpoint({"::1", 1}), "[::1]:1");
}

TEST(Endpoints, AreAListWithoutDuplicates) {
  EXPECT_EQ(*parse_endpoints("127.0.0.1:7450, [::1]:0"), (std::vector<Endpoint>{{"127.0.0.1", 7450}, {"::1", 0}}));
  for (const auto* text : {"", "127.0.0.1", "127.0.0.1:1,", "1.2.3.4:1,1.2.3.4:1", "localhost:1"}) {
    EXPECT_FALSE(parse_endpoints(text).ok()) << text;
  }
}

TEST(RangeText, IncludesBothEnds) {
  EXPECT_EQ(*parse_range("6-20", {6, 20}), (Range{6, 20}));
  EXPECT_EQ(*parse_range("18", {6, 20}), (Range{18, 18}));
  EXPECT_EQ(parse_range("20-6", {6, 20}).error().message, "ends before it begins");
  EXPECT_EQ(parse_range("5-20", {6, 20}).error().message, "reaches beyond what there is");
  EXPECT_EQ(parse_range("6-21", {6, 20}).error().message, "reaches beyond what there is");
  for (const auto* text : {"", "-", "6-", "-20", "a-b", "6-7-8"}) EXPECT_FALSE(parse_range(text, {6, 20}).ok()) << text;
}

}  // namespace
}  // namespace sotto::config
