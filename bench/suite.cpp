#include "bench/suite.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <stdexcept>

#include <fmt/format.h>

#include "bench/report/comparison.hpp"
#include "bench/report/json_report.hpp"
#include "bench/scenarios/backlog.hpp"
#include "bench/scenarios/change.hpp"
#include "bench/scenarios/connections.hpp"
#include "bench/scenarios/create.hpp"
#include "bench/scenarios/messages.hpp"
#include "bench/scenarios/mixed.hpp"
#include "bench/scenarios/notifications.hpp"
#include "bench/scenarios/proxy.hpp"
#include "bench/scenarios/service.hpp"
#include "bench/scenarios/start.hpp"
#include "bench/scenarios/storm.hpp"

namespace sotto::bench {
namespace {

constexpr const char* kStandalone = "standalone";
constexpr const char* kPlatform = "platform";

struct Step {
  std::string scenario;
  std::string target;
  std::function<void(Report&)> run;
};

// Makes a fresh server for each.
class Steps {
 public:
  explicit Steps(PlatformFlags flags) : flags_(std::move(flags)) {}

  template <class Options>
  void add(const char* scenario, const char* target, void (*run)(Report&, Target&, const Options&),
           const Options& options, const std::vector<std::string>& flags = {}) {
    steps_.push_back({scenario, target, [this, target, run, options, flags](Report& report) {
                        const auto server = start(target, flags);
                        run(report, *server, options);
                      }});
  }
  template <class Options>
  void add(const char* scenario, const char* target, void (*run)(Report&, const Options&), const Options& options) {
    steps_.push_back({scenario, target, [run, options](Report& report) { run(report, options); }});
  }
  [[nodiscard]] const std::vector<Step>& all() const { return steps_; }

 private:
  [[nodiscard]] std::unique_ptr<Target> start(const std::string& target, const std::vector<std::string>& flags) const {
    if (target == kStandalone) return own_server(flags);
    auto all = flags_;
    all.gateway.insert(all.gateway.end(), flags.begin(), flags.end());
    return own_platform(all);
  }

  const PlatformFlags flags_;
  std::vector<Step> steps_;
};

MessagesOptions life(std::size_t pairs, std::uint64_t messages, bool half = false) {
  MessagesOptions options;
  options.shape.pairs = pairs;
  options.messages = messages;
  options.half = half;
  return options;
}

StormOptions storm_of(std::size_t connections, std::size_t queues) {
  StormOptions options;
  options.connections = connections;
  options.queues = queues;
  return options;
}

ConnectionsOptions connected(std::size_t connections, std::size_t subscriptions) {
  ConnectionsOptions options;
  options.connections = connections;
  options.subscriptions = subscriptions;
  return options;
}

CreateOptions created(std::uint64_t queues) {
  CreateOptions options;
  options.connections = 64;
  options.queues = queues;
  return options;
}

// `n`: what a figure needs in full, or a tenth of it.
void add_suite(Steps& steps, const std::function<std::uint64_t(std::uint64_t)>& n) {
  for (const char* target : {kStandalone, kPlatform}) {
    const bool platform = target == kPlatform;
    // One pair waits for two durable writes a message: fewer of them show as much.
    steps.add("messages", target, messages, life(1, n(1'000)));
    steps.add("messages", target, messages, life(16, n(10'000)));
    steps.add("messages", target, messages, life(64, n(20'000), platform));
    if (platform) steps.add("messages", target, messages, life(256, n(30'000)));
    steps.add("storm", target, storm, platform ? storm_of(n(500), 70) : storm_of(n(200), 100));
    steps.add("connections", target, connections, connected(n(10'000), 1));
    steps.add("connections", target, connections, connected(n(2'000), 70));
    steps.add("create", target, create, created(n(20'000)));
    BacklogOptions backlogged;
    backlogged.queues = n(100);
    steps.add("backlog", target, backlog, backlogged);
    NotificationsOptions notified;
    notified.messages = n(10'000);
    steps.add("notifications", target, notifications, notified);
    ProxyOptions proxied;
    proxied.messages = n(5'000);
    steps.add("proxy", target, proxy, proxied, {kProxyToThisMachine});
    MixedOptions day;
    day.seconds = n(30);
    steps.add("mixed", target, mixed, day);
    ServiceOptions served;
    served.queues = n(20'000);
    steps.add("service", target, service, served);
  }
  StartOptions stored;
  stored.queues = n(1'000'000);
  steps.add("start", kStandalone, start, stored);
  ChangeOptions changed;
  changed.rounds = n(50);
  steps.add("change", kPlatform, change, changed);
}

// The costs that matter most, in less than three minutes.
void add_quick(Steps& steps) {
  for (const char* target : {kStandalone, kPlatform}) {
    steps.add("messages", target, messages, life(64, target == kPlatform ? 8'000 : 16'000));
    steps.add("storm", target, storm, storm_of(100, 70));
    steps.add("create", target, create, created(4'000));
  }
  steps.add("connections", kStandalone, connections, connected(2'000, 1));
}

bool wanted(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// How many failed.
std::size_t run_all(Report& report, const std::vector<Step>& steps) {
  std::size_t failed = 0;
  for (const auto& step : steps) {
    try {
      step.run(report);
    } catch (const std::exception& error) {
      ++failed;
      fmt::print(stderr, "sotto-bench: {}, {}: {}\n", step.scenario, step.target, error.what());
      report.add({.scenario = step.scenario, .target = step.target, .failure = error.what()});
    }
  }
  return failed;
}

}  // namespace

void run_suite(Report& report, const SuiteOptions& options) {
  Steps steps(options.flags);
  add_suite(steps, [&](std::uint64_t full) { return options.tenth ? std::max<std::uint64_t>(full / 10, 1) : full; });
  std::vector<Step> chosen;
  for (const auto& step : steps.all()) {
    if (wanted(options.only, step.scenario) && wanted(options.on, step.target)) chosen.push_back(step);
  }
  if (const auto failed = run_all(report, chosen); failed > 0) {
    throw std::runtime_error(fmt::format("{} of {} scenarios failed", failed, chosen.size()));
  }
}

void run_quick(Report& report, const QuickOptions& options) {
  // Before a minute of work is lost.
  const auto stored = options.write ? std::vector<RunRecord>() : read_report(options.against);
  Steps steps(options.flags);
  add_quick(steps);
  if (const auto failed = run_all(report, steps.all()); failed > 0) {
    throw std::runtime_error(fmt::format("{} scenarios failed: nothing is compared", failed));
  }
  if (options.write) {
    write_report(options.against, report.runs());
    return;
  }
  const auto compared = compare(costs_of(stored), costs_of(report.runs()));
  fmt::print("\n{}", to_text(compared));
  if (is_worse(compared)) throw std::runtime_error("something became dearer, or is missing");
}

}  // namespace sotto::bench
