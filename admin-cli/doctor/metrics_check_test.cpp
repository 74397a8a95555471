#include "admin-cli/doctor/metrics_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/observability/exposer.hpp"
#include "libs/observability/process_metrics.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/fake-server/fake_listener.hpp"

namespace sotto::cli {
namespace {

using testing::HasSubstr;

class DoctorMetrics : public testing::Test {
 protected:
  config::Endpoint start() {
    exposer_.emplace(metrics::HttpExposer::start(metrics_, "127.0.0.1", 0, &health_).value());
    return {"127.0.0.1", exposer_->port()};
  }
  metrics::Metrics metrics_;
  Health health_;
  std::optional<metrics::HttpExposer> exposer_;
};

TEST_F(DoctorMetrics, SayThatTheServerIsReady) {
  health_.add("storage", [] { return ok_status(); });
  const auto findings = check_metrics(start());
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].state, State::ok) << findings[0].seen;
}

TEST_F(DoctorMetrics, NameEveryFailedCheck) {
  health_.add("storage", [] { return ok_status(); });
  health_.add("redis", []() -> Status { return Error{ErrorCode::unavailable, "it is away"}; });
  health_.add("database", []() -> Status { return Error{ErrorCode::unavailable, "it is full"}; });
  const auto findings = check_metrics(start());
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].seen, "the server is not ready: redis: it is away");
  EXPECT_EQ(findings[1].seen, "the server is not ready: database: it is full");
  EXPECT_EQ(state_of(findings), State::failed);
}

TEST_F(DoctorMetrics, AreNotThere) {
  const auto nobody = check_metrics(config::Endpoint{"127.0.0.1", test::free_port()});
  EXPECT_EQ(state_of(nobody), State::failed);
  EXPECT_THAT(nobody[0].seen, HasSubstr("/livez: Connection refused"));
  EXPECT_EQ(state_of(check_metrics(std::nullopt)), State::skipped);
  EXPECT_EQ(state_of(check_metrics(config::Endpoint{"127.0.0.1", 0})), State::skipped);
}

TEST_F(DoctorMetrics, AreSomethingElse) {
  tests::FakeListener other([](tests::FakePeer& peer) {
    peer.read();
    peer.write("SSH-2.0\r\n");
  });
  const auto findings = check_metrics(config::Endpoint{"127.0.0.1", other.port()});
  EXPECT_EQ(state_of(findings), State::failed);
  EXPECT_THAT(findings[0].seen, HasSubstr("does not speak HTTP"));
  const HttpAnswer missing{404, ""};
  EXPECT_THAT(judge_health(missing, missing, "here")[0].seen, HasSubstr("http://here/livez: status 404"));
}

TEST_F(DoctorMetrics, WhoIsSilentIsNotWaitedFor) {
  tests::FakeListener silent([](tests::FakePeer& peer) { peer.wait_closed(); });
  const auto answer = http_get({"127.0.0.1", silent.port()}, "/livez", std::chrono::milliseconds(20));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::timeout);
}

TEST_F(DoctorMetrics, KnowTheLimitOfFiles) {
  metrics::expose_process(metrics_, "server", "1");
  EXPECT_GT(max_files(start()).value_or(0), 0U);
  EXPECT_FALSE(max_files(std::nullopt));
}

}  // namespace
}  // namespace sotto::cli
