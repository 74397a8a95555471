#include "admin-cli/doctor/ports_check.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin-cli/certificate/cert_fixture.hpp"
#include "admin-cli/doctor/endpoint_connection.hpp"
#include "libs/crypto/random.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/fake-server/fake_listener.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;

class DoctorPorts : public testing::Test {
 protected:
  DoctorPorts() { crypto::initialise(); }

  static gateway::GatewayConfig on(std::vector<std::uint16_t> ports) {
    gateway::GatewayConfig config;
    config.ports = std::move(ports);
    config.ports_explicit = true;
    config.listen = {"127.0.0.1"};
    config.listen_explicit = true;
    return config;
  }
  static Finding only(const Findings& findings) {
    EXPECT_EQ(findings.size(), 1U);
    return findings.front();
  }
};

TEST_F(DoctorPorts, HaveTheServer) {
  const tests::FakeSmpServer server;
  const auto finding = only(check_smp_ports(on({server.port()}), server.fingerprint()));
  EXPECT_EQ(finding.state, State::ok);
  EXPECT_THAT(finding.seen, HasSubstr("is an SMP server with this identity"));
  EXPECT_EQ(only(check_smp_ports(on({server.port()}), std::nullopt)).state, State::ok);
}

TEST_F(DoctorPorts, AreAskedAtLoopbackForAllAddresses) {
  const tests::FakeSmpServer server;
  auto config = on({server.port()});
  config.listen = {"0.0.0.0"};
  EXPECT_EQ(only(check_smp_ports(config, server.fingerprint())).state, State::ok);
  config.listen_explicit = false;
  EXPECT_EQ(only(check_smp_ports(config, server.fingerprint())).state, State::ok);
}

TEST_F(DoctorPorts, HaveAnotherServer) {
  const tests::FakeSmpServer server;
  const tests::FakeSmpServer other;
  const auto finding = only(check_smp_ports(on({other.port()}), server.fingerprint()));
  EXPECT_EQ(finding.state, State::failed);
  EXPECT_THAT(finding.seen, HasSubstr("with another identity"));
}

TEST_F(DoctorPorts, HaveWhatIsNoServer) {
  tests::FakeListener mail([](tests::FakePeer& peer) {
    peer.write("220 mail.example.com ESMTP\r\n");
    peer.wait_closed();
  });
  const auto finding = only(check_smp_ports(on({mail.port()}), crypto::Fingerprint{}));
  EXPECT_EQ(finding.state, State::failed);
  EXPECT_THAT(finding.seen, HasSubstr("does not speak TLS"));
}

TEST_F(DoctorPorts, HaveNobody) {
  const auto finding = only(check_smp_ports(on({test::free_port()}), crypto::Fingerprint{}));
  EXPECT_EQ(finding.state, State::failed);
  EXPECT_THAT(finding.seen, HasSubstr("nobody listens on 127.0.0.1:"));
  EXPECT_THAT(finding.remedy, HasSubstr("start the server"));
}

TEST_F(DoctorPorts, OneOfTheDefaultsIsEnough) {
  const tests::FakeSmpServer server;
  auto config = on({server.port(), test::free_port()});
  config.ports_explicit = false;
  const auto findings = check_smp_ports(config, server.fingerprint());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].state, State::warning);
  config.ports = {test::free_port(), test::free_port()};
  for (const auto& finding : check_smp_ports(config, server.fingerprint())) EXPECT_EQ(finding.state, State::failed);
}

TEST_F(DoctorPorts, ChosenByTheSystemAreNotKnown) {
  EXPECT_EQ(only(check_smp_ports(on({0}), crypto::Fingerprint{})).state, State::skipped);
  EXPECT_EQ(only(check_service_ports({{"127.0.0.1", 0}})).state, State::skipped);
}

TEST_F(DoctorPorts, NameAnAddressThatTheMachineLacks) {
  auto config = on({test::free_port()});
  config.listen = {"203.0.113.7"};
  EXPECT_EQ(only(check_smp_ports(config, crypto::Fingerprint{})).state, State::failed);
  const auto status = try_bind({"203.0.113.7", test::free_port()});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::connection_failed);
}

TEST_F(DoctorPorts, OfServicesHaveSomebody) {
  const tests::FakeSmpServer server;
  EXPECT_EQ(only(check_service_ports({{"127.0.0.1", server.port()}})).state, State::ok);
  EXPECT_EQ(only(check_service_ports({{"127.0.0.1", test::free_port()}})).state, State::failed);
}

TEST_F(DoctorPorts, BelowAThousandTakeAPrivilege) {
  int first = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first;
  constexpr std::uint16_t kPrivileged = 1;
  if (first <= kPrivileged) GTEST_SKIP() << "anybody may listen on any port here";
  const AsNobody nobody;
  const auto finding = only(check_smp_ports(on({kPrivileged}), crypto::Fingerprint{}));
  EXPECT_EQ(finding.state, State::failed);
  EXPECT_THAT(finding.seen, HasSubstr("takes a privilege"));
  EXPECT_THAT(finding.remedy, HasSubstr("CAP_NET_BIND_SERVICE"));
}

TEST_F(DoctorPorts, ThatAreTakenCannotBeBound) {
  const tests::FakeSmpServer server;
  const auto status = try_bind({"127.0.0.1", server.port()});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::conflict);
  EXPECT_TRUE(try_bind({"127.0.0.1", test::free_port()}));
}

}  // namespace
}  // namespace sotto::cli
