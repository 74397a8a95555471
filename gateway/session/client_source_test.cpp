#include "gateway/session/client_source.hpp"

#include <gtest/gtest.h>

namespace sotto::gateway {
namespace {

backend::AccessSource source(const char* address, std::uint8_t key = 1) {
  return client_source(boost::asio::ip::make_address(address), Secret<32>(Bytes(32, key)));
}

TEST(ClientSource, IsTheSameForOneNetwork) {
  EXPECT_EQ(source("192.0.2.1"), source("192.0.2.1"));
  EXPECT_EQ(source("192.0.2.1"), source("::ffff:192.0.2.1"));
  EXPECT_EQ(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff::9"));
}

TEST(ClientSource, DiffersBetweenNetworksAndProcesses) {
  EXPECT_NE(source("192.0.2.1"), source("192.0.2.2"));
  EXPECT_NE(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
  EXPECT_NE(source("192.0.2.1", 1), source("192.0.2.1", 2));
}

TEST(ClientSource, IsNothingForAnUnknownAddress) {
  EXPECT_EQ(client_source(std::nullopt, Secret<32>()), std::nullopt);
}

}  // namespace
}  // namespace sotto::gateway
