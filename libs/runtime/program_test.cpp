#include "libs/runtime/program.hpp"

#include <signal.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "libs/base/clock.hpp"
#include "libs/runtime/file_limit.hpp"

namespace sotto::runtime {
namespace {

using testing::ExitedWithCode;
using testing::KilledBySignal;

const ProgramName kName{"sotto-test", "test"};

// Says on standard error what is done with it. The signals that it raises wait until somebody takes them.
class Recorder final : public Process {
 public:
  explicit Recorder(int signal_in_drain = 0, bool hang_up = false)
      : signal_in_drain_(signal_in_drain), hang_up_(hang_up) {}
  ~Recorder() override { std::fputs("destroyed\n", stderr); }

  void expose(metrics::Metrics& metrics, Health& health) override {
    health_ = &health;
    metrics_ = &metrics;
    report_stop("exposed");
    metrics.callback_gauge("smp_test", "Test.", [] { return 1.0; });
    std::fputs(health.ready() ? "exposed ready\n" : "exposed\n", stderr);
  }
  void announce() const override {
    std::fputs("announced\n", stderr);
    ::raise(hang_up_ ? SIGHUP : SIGTERM);
  }
  void reload() override {
    std::fputs("reloaded\n", stderr);
    ::raise(SIGTERM);
  }
  [[nodiscard]] std::chrono::milliseconds close_time() const override { return std::chrono::hours(1); }
  void drain() override {
    report_stop("drained");
    std::fputs(health_->ready() ? "drained ready\n" : "drained\n", stderr);
    if (signal_in_drain_ != 0) ::raise(signal_in_drain_);
  }

 private:
  // What the metrics say of it: whether it stops, and for how many hours it may.
  void report_stop(const char* when) const {
    const auto text = metrics_->exposition();
    const auto value = [&](const std::string& name) {
      const auto at = text.find("\n" + name + " ");
      return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
    };
    const auto deadline = value("smp_drain_deadline_seconds");
    const auto now = static_cast<double>(unix_seconds(std::chrono::system_clock::now()));
    fmt::print(stderr, "{}: draining {} hours {}\n", when, value("smp_draining"),
               deadline == 0 ? 0 : std::round((deadline - now) / 3600));
  }

  const int signal_in_drain_;
  const bool hang_up_;
  Health* health_ = nullptr;
  metrics::Metrics* metrics_ = nullptr;
};

int run(const ProcessSettings& settings, const std::function<Result<std::unique_ptr<Process>>()>& start) {
  return run_process(kName, settings, {"take care"}, start);
}

class ProgramDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
  ProcessSettings settings;
};

TEST_F(ProgramDeathTest, GoesThroughItsLifeUntilASignal) {
  settings.metrics_listen = config::Endpoint{"127.0.0.1", 0};
  EXPECT_EXIT(std::exit(run(settings, [] { return std::unique_ptr<Process>(std::make_unique<Recorder>()); })),
              ExitedWithCode(0),
              "take care(.|\n)*exposed ready(.|\n)*metrics(.|\n)*announced(.|\n)*stopping(.|\n)*SIGTERM(.|\n)*"
              "drained\n(.|\n)*destroyed(.|\n)*stopped");
}

TEST_F(ProgramDeathTest, SaysInMetricsThatItStopsAndUntilWhen) {
  settings.drain_time = std::chrono::hours(2);
  EXPECT_EXIT(std::exit(run(settings, [] { return std::unique_ptr<Process>(std::make_unique<Recorder>()); })),
              ExitedWithCode(0), "exposed: draining 0 hours 0\n(.|\n)*drained: draining 1 hours 3\n");
}

TEST_F(ProgramDeathTest, ASecondSignalEndsAtOnce) {
  EXPECT_EXIT(std::exit(run(settings, [] { return std::unique_ptr<Process>(std::make_unique<Recorder>(SIGINT)); })),
              KilledBySignal(SIGINT), "drained\n");
}

TEST_F(ProgramDeathTest, AHangUpReloadsAndNeverEnds) {
  const auto start = [] { return std::unique_ptr<Process>(std::make_unique<Recorder>(SIGHUP, true)); };
  EXPECT_EXIT(std::exit(run(settings, start)), ExitedWithCode(0),
              "announced(.|\n)*reloading(.|\n)*SIGHUP(.|\n)*reloaded(.|\n)*stopping(.|\n)*SIGTERM(.|\n)*"
              "drained\n(.|\n)*destroyed(.|\n)*stopped");
}

TEST_F(ProgramDeathTest, AStartThatFailsSaysWhyWithItsExitCode) {
  const auto refuse = []() -> Result<std::unique_ptr<Process>> {
    return Error{ErrorCode::configuration, "no identity"};
  };
  EXPECT_EXIT(std::exit(run(settings, refuse)), ExitedWithCode(3), "sotto-test: no identity");
}

TEST_F(ProgramDeathTest, AMetricsAddressThatCannotBeHadEndsTheStart) {
  settings.metrics_listen = config::Endpoint{"192.0.2.1", 0};  // TEST-NET-1 (RFC 5737) is nobody's
  EXPECT_EXIT(std::exit(run(settings, [] { return std::unique_ptr<Process>(std::make_unique<Recorder>()); })),
              ExitedWithCode(3), "sotto-test: metrics cannot listen on 192.0.2.1:0(.|\n)*destroyed");
}

// Every program loads its own table; this one has nothing but what all have.
int run_with(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sotto-test");
  ProcessSettings settings;
  config::Table table({"sotto-test", "A test."});
  process_rows(table, settings);
  return run_program(
      kName, [&] { return load_table(table, static_cast<int>(arguments.size()), arguments.data(), nullptr); },
      [](const LoadedTable& /*loaded*/) -> int { throw std::runtime_error("a bug"); });
}

TEST(Program, PrintsWhatIsAskedFor) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_with({"--version"}), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout().rfind("sotto-test ", 0), 0U);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_with({"--help"}), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("--drain-time"), std::string::npos);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_with({"--check-config", "--drain-time=7s"}), 0);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("drain_time = \"7s\""), std::string::npos);
}

TEST(Program, EndsWithTheKindOfItsError) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_with({"--drain-time=soon"}), 3);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("sotto-test: the configuration cannot be used"),
            std::string::npos);
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_with({}), 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "sotto-test: internal error: a bug\n");
}

TEST(FileLimit, IsRaisedToWhatTheSystemGrants) {
  raise_file_limit();
  const auto raised = file_limit();
  EXPECT_GT(raised, 0U);
  raise_file_limit();
  EXPECT_EQ(file_limit(), raised);
}

}  // namespace
}  // namespace sotto::runtime
