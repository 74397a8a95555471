// The program: reports, exit codes, servers that somebody else runs. Small loads: nothing here looks at figures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/report/json_report.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/child/temp_dir.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class BenchProgram : public testing::Test {
 protected:
  // Its exit code; `said` has both its outputs afterwards.
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), SOTTO_BENCH_PROGRAM);
    test::Child::Options options;
    options.arguments = std::move(arguments);
    options.log = directory.path() / "log";
    test::Child child(std::move(options));
    const int code = child.wait(std::chrono::seconds(120));
    said = child.log();
    return code;
  }
  [[nodiscard]] std::string json() const { return (directory.path() / "report.json").string(); }
  [[nodiscard]] static std::string address(const test::ServerProcess& server) {
    smp::ServerAddress address;
    address.fingerprint = server.fingerprint();
    address.hosts = {*smp::parse_host("127.0.0.1")};
    address.port = server.port();
    return address.print(smp::ShowPassword::no);
  }

  const test::TempDir directory;
  std::string said;
};

TEST_F(BenchProgram, WritesWhatItMeasured) {
  ASSERT_EQ(run({"messages", "--pairs", "2", "--messages", "20", "--json", json()}), 0) << said;
  EXPECT_THAT(said, HasSubstr("CPU per message"));
  EXPECT_THAT(said, Not(HasSubstr("\r"))) << "a progress line, and nobody at a terminal";
  const auto runs = read_report(json());
  ASSERT_THAT(runs, SizeIs(1));
  const auto& only = runs.front();
  EXPECT_EQ(only.scenario, "messages");
  EXPECT_EQ(only.target, "standalone");
  EXPECT_EQ(only.operations, 20U);
  EXPECT_GT(only.seconds, 0);
  EXPECT_GT(only.floor_total(), 0);
  EXPECT_THAT(only.failure, IsEmpty());
  ASSERT_THAT(only.processes, SizeIs(1));
  EXPECT_GT(only.processes.front().resident_after, 0U);
  EXPECT_THAT(only.latencies, SizeIs(3));
  EXPECT_THAT(only.latencies, Each(Field(&Latency::count, 20U)));
  EXPECT_NE(only.figure("CPU per message"), nullptr);
}

TEST_F(BenchProgram, MeasuresAServerThatSomebodyElseRuns) {
  const test::ServerProcess server;
  ASSERT_EQ(run({"messages", "--server", address(server), "--pid", std::to_string(server.pid()), "--pairs", "1",
                 "--messages", "5", "--no-floor", "--json", json()}),
            0)
      << said;
  const auto with_pid = read_report(json());
  EXPECT_EQ(with_pid.front().target, "given");
  EXPECT_NE(with_pid.front().figure("CPU per message"), nullptr);

  ASSERT_EQ(run({"messages", "--server", address(server), "--pairs", "1", "--messages", "5", "--json", json()}), 0)
      << said;
  const auto without = read_report(json());
  EXPECT_EQ(without.front().figure("CPU per message"), nullptr) << "nobody knows its processes";
  EXPECT_THAT(without.front().latencies, SizeIs(3));
}

TEST_F(BenchProgram, EveryScenarioRuns) {
  const std::vector<std::vector<std::string>> scenarios{
      {"messages", "--pairs", "1", "--messages", "20", "--window", "4", "--batch", "4", "--size", "100", "--version",
       "9"},
      {"messages", "--pairs", "1", "--messages", "20", "--no-subscriber", "--warm-up", "0", "--sender-key", "none"},
      {"messages", "--pairs", "2", "--messages", "20", "--rate", "200"},
      {"storm", "--connections", "2", "--queues", "3"},
      {"connections", "--connections", "5", "--subscriptions", "2", "--hold", "1", "--churn", "1"},
      {"create", "--connections", "2", "--queues", "8"},
      {"backlog", "--queues", "2", "--connections", "1", "--size", "100", "--warm-up", "50"},
      {"notifications", "--pairs", "2", "--messages", "8"},
      {"proxy", "--pairs", "2", "--messages", "8"},
      {"mixed", "--members", "4", "--queues", "2", "--seconds", "1", "--rate", "40", "--reconnects", "4"},
      {"service", "--queues", "100"},
      {"start", "--queues", "100"},
  };
  for (auto arguments : scenarios) {
    const auto name = arguments.front();
    arguments.insert(arguments.end(), {"--json", json()});
    ASSERT_EQ(run(arguments), 0) << name << ": " << said;
    const auto runs = read_report(json());
    EXPECT_FALSE(runs.empty());
    EXPECT_THAT(runs, Each(Field(&RunRecord::scenario, name)));
    EXPECT_THAT(runs, Each(Field(&RunRecord::failure, IsEmpty())));
  }
}

TEST_F(BenchProgram, SaysWhyAServerCannotBeMeasured) {
  const test::ServerProcess server;
  auto wrong = address(server);
  wrong[wrong.find("://") + 5] = wrong[wrong.find("://") + 5] == 'A' ? 'B' : 'A';
  EXPECT_EQ(run({"messages", "--server", wrong, "--json", json()}), 1);
  EXPECT_THAT(said, HasSubstr("sotto-bench: cannot connect"));
  EXPECT_THAT(read_report(json()), Contains(Field(&RunRecord::failure, HasSubstr("cannot connect"))));

  smp::ServerAddress nobody;
  nobody.fingerprint = server.fingerprint();
  nobody.hosts = {*smp::parse_host("127.0.0.1")};
  nobody.port = test::free_port();
  EXPECT_EQ(run({"create", "--server", nobody.print(smp::ShowPassword::no)}), 1) << said;
}

TEST_F(BenchProgram, RefusesOptionsThatCannotBeMeant) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"massages"}), 2);
  EXPECT_EQ(run({"messages", "--pairs", "0"}), 2);
  EXPECT_EQ(run({"storm", "--warm-up", "10"}), 2) << "a storm is about a cold server";
  EXPECT_EQ(run({"messages", "--server", "http://example.org"}), 2);
  EXPECT_THAT(said, HasSubstr("--server"));
  EXPECT_EQ(run({"messages", "--pid", "1"}), 2);
  EXPECT_EQ(run({"messages", "--size", "20000"}), 2);
  EXPECT_THAT(said, HasSubstr("--size must be"));
  EXPECT_EQ(run({"proxy", "--server", "smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@127.0.0.1"}), 2);
  EXPECT_THAT(said, HasSubstr("--relay"));
  EXPECT_EQ(run({"quick", "--against", (directory.path() / "none.json").string()}), 1);
  EXPECT_EQ(run({"--help"}), 0);
}

}  // namespace
}  // namespace sotto::bench
