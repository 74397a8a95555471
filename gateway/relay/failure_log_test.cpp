#include "gateway/relay/failure_log.hpp"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/relay/remembered_failures.hpp"
#include "libs/observability/log.hpp"

namespace sotto::gateway {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

RelayAddress relay(std::string name, smp::HostKind kind = smp::HostKind::domain) {
  return {{{kind, std::move(name)}}, 5223, {}};
}
const client::Failure kRefused{
    client::Layer::tcp, client::Reason::refused, {ErrorCode::connection_failed, "connection refused"}, {}};
const client::Failure kNoName{
    client::Layer::dns, client::Reason::name_not_found, {ErrorCode::connection_failed, "no such name"}, {}};

class FailureLogTest : public testing::Test {
 protected:
  FailureLogTest() {
    log::set_sink([this](std::string_view line) { lines.emplace_back(line); });
  }
  ~FailureLogTest() override { log::set_sink({}); }

  std::vector<std::string> lines;
  const SteadyTime start = SteadyTime{} + 1h;
};

// 92 000 failures of 292 relays in a day: a line a minute, and not more.
TEST_F(FailureLogTest, OneLineAMinuteForEachKind) {
  FailureLog log(false);
  auto now = start;
  for (int second = 0; second < 600; ++second, now += 1s) {
    for (const auto* name : {"a.example.org", "b.example.org", "c.example.org"}) {
      log.failed(relay(name), name, kRefused, now);
    }
    log.tick(now);
  }
  EXPECT_THAT(lines, SizeIs(10));
  EXPECT_THAT(lines.front(), AllOf(HasSubstr("layer=tcp"), HasSubstr("hosts=domain"), HasSubstr("failures=1"),
                                   HasSubstr("relays=1"), HasSubstr("connection refused")));
  EXPECT_THAT(lines.back(), AllOf(HasSubstr("failures=180"), HasSubstr("relays=3")));
  for (const auto& line : lines) EXPECT_THAT(line, Not(HasSubstr("example.org")));
}

TEST_F(FailureLogTest, OtherLayersAndHostsAreOtherKinds) {
  FailureLog log(false);
  log.failed(relay("a.example.org"), "a", kRefused, start);
  log.failed(relay("a.example.org"), "a", kNoName, start);
  log.failed(relay("x.onion", smp::HostKind::onion), "x", kRefused, start);
  log.failed(relay("a.example.org"), "a", kRefused, start);
  EXPECT_THAT(lines, SizeIs(3));
}

TEST_F(FailureLogTest, WhatIsOverIsForgotten) {
  FailureLog log(true);
  log.failed(relay("a.example.org"), "a", kRefused, start);
  log.tick(start + 1min);
  log.tick(start + 2min);
  EXPECT_THAT(lines, SizeIs(1)) << "nothing to say";
  log.failed(relay("b.example.org"), "b", kRefused, start + 3min);
  ASSERT_THAT(lines, SizeIs(2)) << "at once again";
  EXPECT_THAT(lines.back(), HasSubstr("last_host=b.example.org"));
}

TEST(RememberedFailures, ForAWhileAndABoundedNumber) {
  RememberedFailures failures(30s, 2);
  const auto start = SteadyTime{} + 1h;
  failures.add("a", network_error(), start);
  failures.add("b", timeout_error(), start + 1s);
  ASSERT_NE(failures.find("a", start + 29s), nullptr);
  EXPECT_EQ(failures.find("a", start + 29s)->outcome, RelayOutcome::network);
  EXPECT_EQ(failures.find("a", start + 30s), nullptr);
  EXPECT_NE(failures.find("b", start + 30s), nullptr);
  failures.add("c", timeout_error(), start + 30s);
  failures.add("d", timeout_error(), start + 30s);
  EXPECT_EQ(failures.size(), 2U);
  EXPECT_EQ(failures.find("b", start + 30s), nullptr) << "the oldest makes room";
  EXPECT_NE(failures.find("d", start + 30s), nullptr);
}

TEST(RememberedFailures, NotAtAll) {
  RememberedFailures failures(0s, 100);
  failures.add("a", network_error(), SteadyTime{});
  EXPECT_EQ(failures.find("a", SteadyTime{}), nullptr);
}

}  // namespace
}  // namespace sotto::gateway
