#include "bench/scenarios/connections.hpp"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "bench/load/queue_maker.hpp"
#include "bench/scenarios/measurement.hpp"
#include "bench/scenarios/ways.hpp"

namespace sotto::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Connections before those that are measured: what the first ones load (code, pools, keys of the store) is not theirs.
constexpr std::size_t kFirst = 100;

// Subscribed queues for the connections from index `from` on.
void subscribe_each(ClientPool& pool, const Target& target, std::size_t from, std::size_t subscriptions) {
  if (subscriptions == 0) return;
  std::vector<std::size_t> owners;
  for (std::size_t i = from; i < pool.size(); ++i) owners.insert(owners.end(), subscriptions, i);
  client::NewQueue queue;
  queue.password = target.password();
  static_cast<void>(make_queues(pool, owners, queue));
}

void hold(ClientPool& pool, std::chrono::seconds time) {
  Progress progress("seconds held", static_cast<std::uint64_t>(time.count()));
  boost::asio::steady_timer timer(pool.io());
  std::function<void()> tick = [&] {
    timer.expires_after(std::chrono::seconds(1));
    timer.async_wait([&](const boost::system::error_code& error) {
      if (error) return;
      progress.add();
      tick();
    });
  };
  tick();
  pool.run(progress);
}

// Of the process that holds connections; 0 when it is not known.
double resident(Target& target) {
  const auto parts = target.parts();
  const auto front =
      std::find_if(parts.begin(), parts.end(), [&](const auto& each) { return each.name == target.front(); });
  return front == parts.end() ? 0 : static_cast<double>(front->stats.resident_bytes) / (1 << 20);
}

void churn(RunRecord& run, ClientPool& pool, Target& target, const ConnectionsOptions& options) {
  const auto staying = pool.size();
  const auto begin = Clock::now();
  const auto before = resident(target);
  double most = before;
  std::uint64_t made = 0;
  while (Clock::now() - begin < options.churn) {
    connect_evenly(pool, target, options.version, ClientPool::kAtOnce);
    pool.shrink(staying);
    made += ClientPool::kAtOnce;
    most = std::max(most, resident(target));
  }
  run.figures.push_back({"connections made and ended while the others stay", static_cast<double>(made), ""});
  if (before == 0) return;
  run.figures.push_back({"resident before that", before, "MiB"});
  run.figures.push_back({"resident after that", resident(target), "MiB"});
  run.figures.push_back({"resident meanwhile, most", most, "MiB"});
}

void add_memory_figures(RunRecord& run, const Target& target, const ConnectionsOptions& options) {
  for (const auto& each : run.processes) {
    const auto more = static_cast<double>(each.resident_after) - static_cast<double>(each.resident_before);
    const bool front = each.name == target.front();
    const auto name = front ? std::string("resident per connection") : "of " + each.name + ", per connection";
    const bool aimed = front && run.operations >= 1'000;
    const auto* aim = options.subscriptions <= 1 ? "<= 24" : options.subscriptions <= 70 ? "<= 48" : "";
    // What is beside the connections is of the queues, and stays when they go.
    run.figures.push_back(
        {name, more / 1024 / static_cast<double>(run.operations), front ? "KiB" : "KiB resident", aimed ? aim : ""});
  }
}

}  // namespace

void connections(Report& report, Target& target, const ConnectionsOptions& options) {
  auto run = begin_record("connections", target);
  run.parameter("connections", options.connections);
  run.parameter("subscriptions", options.subscriptions);
  run.parameter("version", options.version);
  ClientPool pool;
  connect_evenly(pool, target, options.version, kFirst);
  subscribe_each(pool, target, 0, options.subscriptions);
  Measurement measurement(target);
  connect_evenly(pool, target, options.version, options.connections);
  subscribe_each(pool, target, kFirst, options.subscriptions);
  measurement.stop(run, options.connections);
  if (options.floor) add_floor(run);
  add_memory_figures(run, target, options);
  add_cpu_figures(run, "connection");
  add_rate_figure(run, "connections");
  if (options.hold.count() > 0) {
    run.parameter("hold", static_cast<std::uint64_t>(options.hold.count()));
    RunRecord held;
    Measurement holding(target);
    hold(pool, options.hold);
    holding.stop(held, options.connections);
    if (!held.processes.empty()) {
      run.figures.push_back({"while held, of one CPU", cpu_of(held) / held.seconds / 1e4, "%"});
    }
  }
  if (options.churn.count() > 0) {
    run.parameter("churn", static_cast<std::uint64_t>(options.churn.count()));
    churn(run, pool, target, options);
  }
  report.add(std::move(run));
}

}  // namespace sotto::bench
