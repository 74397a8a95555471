#include "admin-cli/doctor/dns_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sotto::cli {
namespace {

using std::chrono::seconds;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;

const char* const kHost = "smp.example.com";

TEST(DoctorDns, APublicAddressIsFine) {
  const auto ours = judge_addresses(kHost, {"203.0.113.7", "2001:db8::7"}, {"127.0.0.1", "203.0.113.7"});
  EXPECT_EQ(ours.state, State::ok);
  EXPECT_EQ(ours.seen, "smp.example.com is 203.0.113.7, 2001:db8::7, of this machine");
  const auto router = judge_addresses(kHost, {"203.0.113.7"}, {"10.0.0.2"});
  EXPECT_EQ(router.state, State::ok);
  EXPECT_THAT(router.seen, HasSubstr("not of this machine"));
}

TEST(DoctorDns, PrivateAddressesAreWarnedOf) {
  for (const auto* address :
       {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"}) {
    const auto finding = judge_addresses(kHost, {address}, {});
    EXPECT_EQ(finding.state, State::warning) << address;
    EXPECT_THAT(finding.seen, HasSubstr("is private")) << address;
  }
  for (const auto* address : {"9.255.255.255", "11.0.0.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2001:db8::1"}) {
    EXPECT_EQ(judge_addresses(kHost, {address}, {}).state, State::ok) << address;
  }
}

TEST(DoctorDns, NamesWhichOfSeveralIsPrivate) {
  EXPECT_EQ(judge_addresses(kHost, {"203.0.113.7", "10.0.0.1"}, {}).seen,
            "smp.example.com is 203.0.113.7, 10.0.0.1, of which 10.0.0.1 is private: only clients of the same network "
            "come here");
}

TEST(DoctorDns, LoopbackIsWarnedOf) {
  EXPECT_THAT(judge_addresses(kHost, {"127.0.1.1"}, {"127.0.0.1"}).seen, HasSubstr("leads every machine to itself"));
  EXPECT_EQ(judge_addresses("::1", {"::1"}, {}).seen,
            "::1, which leads every machine to itself: no client elsewhere comes here");
}

TEST(DoctorDns, AsksTheResolver) {
  const auto found = resolve("localhost", seconds(20));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(*found, AnyOf(Contains("127.0.0.1"), Contains("::1")));
  EXPECT_THAT(own_addresses(), Contains("127.0.0.1"));
}

TEST(DoctorDns, DoesNotWaitForAResolverThatIsLate) {
  const auto late = resolve("localhost", seconds(0));
  // On a machine that is quick enough it has answered already.
  if (!late) {
    EXPECT_EQ(late.error().code, ErrorCode::timeout);
  }
}

TEST(DoctorDns, SaysOfEachHostWhatIsFound) {
  const auto findings = check_dns({{smp::HostKind::onion, "abc.onion"},
                                   {smp::HostKind::domain, "bad..name"},
                                   {smp::HostKind::ipv4, "203.0.113.7"},
                                   {smp::HostKind::ipv6, "::1"}});
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_EQ(findings[0].state, State::skipped);
  EXPECT_EQ(findings[1].state, State::failed);
  EXPECT_THAT(findings[1].seen, HasSubstr("bad..name"));
  EXPECT_EQ(findings[2].state, State::ok);
  EXPECT_EQ(findings[3].state, State::warning);
}

}  // namespace
}  // namespace sotto::cli
