// How long a change of a password takes to reach every gateway of a platform. Each gateway hears of changes from an
// auth service of its own, so that half of them come by way of the database.
#include "bench/scenarios/change.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "tests/support/platform/platform.hpp"

namespace sotto::bench {
namespace {

using Clock = std::chrono::steady_clock;
using test::Platform;

constexpr std::size_t kGateways = 2;

class Administrator {
 public:
  explicit Administrator(const Platform& platform) : platform_(platform) {}

  SecretString create(const std::string& label) const {
    const auto file = platform_.directory() / label;
    run({"password", "create", "--label", label, "--out", file.string()});
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return SecretString(std::move(line));
  }
  // When the command was answered.
  Clock::time_point revoke(const std::string& label) const {
    run({"password", "revoke", label});
    return Clock::now();
  }

 private:
  void run(std::vector<std::string> arguments) const {
    arguments.push_back("--server=" + platform_.admin_address(0));
    std::string output;
    if (platform_.sotto(std::move(arguments), &output) != 0) throw std::runtime_error(output);
  }
  const Platform& platform_;
};

// Creates queues with the password until it is refused. When that was.
class Watcher {
 public:
  Watcher(const Platform& platform, std::size_t gateway, const SecretString& password)
      : thread_([this, &platform, gateway, password] {
          const auto client = platform.connect(gateway);
          // It is wrong until the gateway has heard of it.
          while (!client->create_queue({.password = password, .subscribe = false})) {
          }
          accepted = true;
          for (;;) {
            const auto made = client->create_queue({.password = password, .subscribe = false});
            if (made) continue;
            refused_ = Clock::now();
            answer_ = made.error().message;
            return;
          }
        }) {}
  ~Watcher() {
    if (thread_.joinable()) thread_.join();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  std::atomic<bool> accepted{false};

  Clock::time_point refused() {
    thread_.join();
    if (answer_ != "AUTH") throw std::runtime_error("a queue was refused with " + answer_);
    return refused_;
  }

 private:
  Clock::time_point refused_;
  std::string answer_;
  std::thread thread_;
};

double milliseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// Sorted, a row a gateway. `before`: done between the use of a password and its end.
std::vector<std::vector<double>> measure(const Platform& platform, const std::string& name, std::size_t rounds,
                                         const std::function<void()>& before) {
  const Administrator administrator(platform);
  std::vector<std::vector<double>> taken(kGateways);
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto label = fmt::format("{}-{}", name, round);
    const auto password = administrator.create(label);
    std::vector<std::unique_ptr<Watcher>> watchers;
    for (std::size_t i = 0; i < kGateways; ++i) watchers.push_back(std::make_unique<Watcher>(platform, i, password));
    for (const auto& watcher : watchers)
      test::wait_until("the password to work", [&] { return watcher->accepted.load(); });
    before();
    const auto answered = administrator.revoke(label);
    for (std::size_t i = 0; i < kGateways; ++i) {
      // Who hears of it before the administrator has his answer has it in no time.
      taken[i].push_back(std::max(0.0, milliseconds(watchers[i]->refused() - answered)));
    }
  }
  for (auto& each : taken) std::sort(each.begin(), each.end());
  return taken;
}

}  // namespace

void change(Report& report, const ChangeOptions& options) {
  RunRecord run{.scenario = "change", .target = "platform"};
  run.parameter("rounds", options.rounds);
  run.operations = options.rounds;
  Platform::Options shape;
  shape.gateways = shape.queue_services = shape.auth_services = kGateways;
  shape.one_service_each = true;
  Platform platform(std::move(shape));
  const auto usual = measure(platform, "usual", options.rounds, [] {});
  for (std::size_t i = 0; i < kGateways; ++i) {
    const auto* how = i == 0 ? "told by the auth service that was asked" : "told by another auth service";
    run.figures.push_back(
        {fmt::format("a revoked password is refused, {}: median", how), usual[i][options.rounds / 2], "ms"});
    run.figures.push_back(
        {fmt::format("the same, the slowest of {}", options.rounds), usual[i].back(), "ms", "< 1000"});
  }
  // The command comes as soon as the services are back.
  const std::size_t restarts = std::max<std::size_t>(1, options.rounds / 5);
  const auto restarted = measure(platform, "restarted", restarts, [&] {
    platform.redis().kill();
    for (std::size_t i = 0; i < kGateways; ++i) platform.auth_service(i).kill();
    platform.redis().start();
    for (std::size_t i = 0; i < kGateways; ++i) platform.auth_service(i).launch();
    for (std::size_t i = 0; i < kGateways; ++i) platform.auth_service(i).wait_ready();
  });
  for (std::size_t i = 0; i < kGateways; ++i) {
    run.figures.push_back({fmt::format("after kill -9 and restart of both auth services and Redis, gateway {}: slowest "
                                       "of {}",
                                       i + 1, restarts),
                           restarted[i].back(), "ms", "< 1000"});
  }
  report.add(std::move(run));
}

}  // namespace sotto::bench
