// A server that errs has no figure: scenarios end with an exception that says what was wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/scenarios/create.hpp"
#include "bench/scenarios/messages.hpp"
#include "bench/target/target.hpp"
#include "libs/crypto/random.hpp"
#include "tests/support/fake-server/fake_smp_server.hpp"

namespace sotto::bench {
namespace {

class WrongServer : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  static std::unique_ptr<Target> target_of(const tests::FakeSmpServer& server) {
    smp::ServerAddress address;
    address.fingerprint = server.fingerprint();
    address.hosts = {*smp::parse_host("127.0.0.1")};
    address.port = server.port();
    return given_target({.addresses = {address}, .pids = {}, .programs = {}});
  }
  // What was wrong; empty when nothing was.
  template <class Options>
  static std::string fault(void (*scenario)(Report&, Target&, const Options&), const Options& options,
                           tests::FakeSmpOptions wrong) {
    const tests::FakeSmpServer server(std::move(wrong));
    Report report;
    try {
      scenario(report, *target_of(server), options);
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(report.runs().empty());
      return error.what();
    }
    return "";
  }
  static MessagesOptions few() {
    MessagesOptions options;
    options.shape.pairs = 1;
    options.messages = 5;
    options.floor = false;
    return options;
  }
};

TEST_F(WrongServer, OneThatIsRightHasAFigure) {
  EXPECT_EQ(fault(messages, few(), {}), "");
}

TEST_F(WrongServer, AnswersWithAnError) {
  for (const char* word : {"NEW", "SKEY", "SEND", "ACK"}) {
    tests::FakeSmpOptions wrong;
    wrong.fail_word = word;
    EXPECT_THAT(fault(messages, few(), wrong), testing::StartsWith("the server is wrong: " + std::string(word)))
        << word;
  }
}

TEST_F(WrongServer, HangsUp) {
  tests::FakeSmpOptions wrong;
  wrong.hang_up_word = "SEND";
  EXPECT_THAT(fault(messages, few(), wrong), testing::StartsWith("the server is wrong: "));
  CreateOptions options;
  options.connections = 1;
  options.queues = 2;
  options.floor = false;
  wrong.hang_up_word = "NEW";
  EXPECT_THAT(fault(create, options, wrong), testing::StartsWith("the server is wrong: "));
}

}  // namespace
}  // namespace sotto::bench
