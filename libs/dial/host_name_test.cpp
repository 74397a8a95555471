#include "libs/dial/host_name.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sotto::dial {
namespace {

using namespace std::string_view_literals;

TEST(HostName, KnowsNamesOfTor) {
  for (const auto name :
       {"abc.onion", "ABC.ONION", "a.b.OnIoN", "abc.onion.", "abc.onion..", "onion", "onion.", ".onion"}) {
    EXPECT_TRUE(is_onion(name)) << name;
  }
  for (const auto name : {"", ".", "example.org", "onion.example.org", "abc.onions", "abconion", "abc.onion.example"}) {
    EXPECT_FALSE(is_onion(name)) << name;
  }
}

TEST(HostName, AsksOnlyForPlainNames) {
  for (const auto name : {"example.org", "EXAMPLE.org.", "_smp.a-b.example", "xn--bcher-kva.example", "tor"}) {
    EXPECT_TRUE(is_askable(name)) << name;
  }
  EXPECT_TRUE(is_askable(std::string(253, 'a')));
  EXPECT_FALSE(is_askable(std::string(254, 'a')));
  // The first is "abc.onion" to a resolver that knows the escapes of zone files.
  for (const auto name : {"abc.\\111nion"sv, "a b.example"sv, "a/b"sv, "a%eth0"sv, "::1"sv, "caf\xc3\xa9.example"sv,
                          ""sv, "abc.onion\0.example"sv}) {
    EXPECT_FALSE(is_askable(name)) << name;
  }
}

TEST(HostName, KnowsThisMachine) {
  for (const auto* const name : {"localhost", "LOCALHOST.", "a.b.localhost"}) EXPECT_TRUE(is_localhost(name)) << name;
  for (const auto* const name : {"", "localhost.example", "localhost1", "127.0.0.1"}) {
    EXPECT_FALSE(is_localhost(name)) << name;
  }
}

TEST(HostName, KnowsOtherNotationsOfAddresses) {
  for (const auto name : {"localhost", "LocalHost.", "a.localhost", "127.1", "127.0.0.1", "127.0.0.1.", "2130706433",
                          "0x7f000001", "0177.1", "0x7f.0x1", "a.0", "", "."}) {
    EXPECT_TRUE(is_local_notation(name)) << name;
  }
  for (const auto name : {"example.org", "1.example", "localhost.example", "x1", "1e100.net"}) {
    EXPECT_FALSE(is_local_notation(name)) << name;
  }
}

}  // namespace
}  // namespace sotto::dial
