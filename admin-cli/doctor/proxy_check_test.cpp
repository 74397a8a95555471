#include "admin-cli/doctor/proxy_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/child/free_port.hpp"
#include "tests/support/socks-server/socks_server.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;

Finding check(const gateway::ProxyConfig& config) {
  auto findings = check_proxy(config);
  EXPECT_EQ(findings.size(), 1U);
  return findings.front();
}

TEST(DoctorProxy, IsOffOrDirect) {
  gateway::ProxyConfig config;
  EXPECT_EQ(check(config).state, State::ok);
  EXPECT_THAT(check(config).seen, HasSubstr("directly"));
  config.enabled = false;
  config.socks_proxy = config::Endpoint{"127.0.0.1", test::free_port()};
  EXPECT_EQ(check(config).state, State::skipped);
}

TEST(DoctorProxy, GoesThroughASocksProxyThatListens) {
  const test::SocksServer socks;
  gateway::ProxyConfig config;
  config.socks_proxy = config::Endpoint{"127.0.0.1", socks.port()};
  EXPECT_EQ(check(config).state, State::ok);
  EXPECT_THAT(check(config).seen, HasSubstr("127.0.0.1:" + std::to_string(socks.port()) + " listens"));
}

TEST(DoctorProxy, LacksItsSocksProxy) {
  gateway::ProxyConfig config;
  config.socks_proxy = config::Endpoint{"127.0.0.1", test::free_port()};
  const auto onion = check(config);
  EXPECT_EQ(onion.state, State::warning);
  EXPECT_THAT(onion.seen, HasSubstr("to .onion addresses"));
  config.socks_mode = dial::SocksMode::always;
  const auto all = check(config);
  EXPECT_EQ(all.state, State::failed);
  EXPECT_THAT(all.seen, HasSubstr("no message goes out"));
  EXPECT_THAT(all.remedy, HasSubstr("proxy.socks_proxy"));
}

}  // namespace
}  // namespace sotto::cli
