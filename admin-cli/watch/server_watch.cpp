#include "admin-cli/watch/server_watch.hpp"

#include <optional>
#include <random>
#include <string>

#include "libs/observability/log.hpp"

namespace sotto::cli {
namespace {

using std::chrono::steady_clock;

constexpr double kJitter = 0.1;

// What a test under way has left when the watch ends: enough for one that gets its answers.
constexpr std::chrono::seconds kLeaveTime{2};

// Many watches that start together shall not test together for ever.
steady_clock::duration with_jitter(std::chrono::milliseconds time, std::mt19937& random) {
  std::uniform_real_distribution<double> factor(1 - kJitter, 1 + kJitter);
  return std::chrono::duration_cast<steady_clock::duration>(factor(random) * time);
}

// The message of the problem is left out: it may name hosts.
void log_outcome(client::IpFamily family, const TestReport& report) {
  const auto word = family_word(family);
  if (!report.problem) return log::info("the server passes", {{"family", word}});
  const auto& problem = *report.problem;
  log::warning(
      "the server fails",
      {{"family", word}, {"layer", problem.layer}, {"step", problem.step}, {"cause", problem.diagnosis.cause}});
}

TestReport unread_address() {
  TestReport report;
  report.problem = TestProblem{"connect", "address", "",
                               Diagnosis{"A file that the address comes from cannot be used.", "", 0}, std::nullopt};
  return report;
}

}  // namespace

ServerWatch::ServerWatch(metrics::Metrics& metrics, Options options, ReadAddress read_address)
    : options_(std::move(options)), read_address_(std::move(read_address)), metrics_(metrics, options_.families) {
  for (const auto family : options_.families) {
    lanes_.emplace_back([this, family](const std::stop_token& stop) { run(family, stop); });
  }
}

ServerWatch::~ServerWatch() {
  // All of them, before the first is waited for.
  for (auto& lane : lanes_) lane.request_stop();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLeaveTime, [this] { return testing_ == 0; });
  }
  cut_.request_stop();
}

void ServerWatch::run(client::IpFamily family, const std::stop_token& stop) {
  std::mt19937 random(std::random_device{}());
  // The layer that failed last; empty: none did.
  std::optional<std::string> last;
  auto next = steady_clock::now();
  while (begin_test(next, stop)) {
    const auto start = steady_clock::now();
    const auto report = test(family);
    if (cut_.stop_requested()) return;  // it says nothing of the server
    metrics_.record(family, report, steady_clock::now() - start);
    auto layer = report.problem ? report.problem->layer : std::string();
    if (last != layer) log_outcome(family, report);
    last = std::move(layer);
    next = start + with_jitter(options_.every, random);
    end_test();
  }
}

TestReport ServerWatch::test(client::IpFamily family) {
  const auto address = [&] {
    const std::lock_guard lock(mutex_);
    return read_address_();
  }();
  if (!address) return unread_address();
  auto options = options_.test;
  options.family = family;
  options.cut = cut_.get_token();
  return test_server(*address, options, nullptr);
}

bool ServerWatch::begin_test(steady_clock::time_point time, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) return false;
  ++testing_;
  return true;
}

void ServerWatch::end_test() {
  {
    const std::lock_guard lock(mutex_);
    --testing_;
  }
  changed_.notify_all();
}

}  // namespace sotto::cli
