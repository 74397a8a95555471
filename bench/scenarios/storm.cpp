#include "bench/scenarios/storm.hpp"

#include "bench/load/queue_maker.hpp"
#include "bench/load/wrong.hpp"
#include "bench/scenarios/measurement.hpp"
#include "bench/scenarios/ways.hpp"

namespace sotto::bench {
namespace {

constexpr std::size_t kMakers = 32;  // connections that make the queues

std::vector<client::QueueHandle> make(const Target& target, const StormOptions& options) {
  ClientPool pool;
  connect_evenly(pool, target, options.version, kMakers);
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < options.connections * options.queues; ++i) owners.push_back(i % kMakers);
  client::NewQueue queue;
  queue.password = target.password();
  queue.subscribe = false;
  return make_queues(pool, owners, queue);
}

// All clients at once; how long each SUB took.
Histogram subscribe_all(ClientPool& pool, const std::vector<client::QueueHandle>& queues, std::size_t each) {
  Histogram taken;
  Progress progress("subscriptions", queues.size());
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < pool.size(); ++i) {
    std::vector<client::Request> requests;
    requests.reserve(each);
    for (std::size_t k = 0; k < each; ++k) requests.push_back(queues[i * each + k].sub());
    pool.at(i)->submit(requests, [&](std::size_t /*index*/, const Result<client::Received>& answer) {
      expect_subscribed(answer, "SUB");
      taken.record(std::chrono::steady_clock::now() - begin);
      progress.add();
    });
  }
  pool.run(progress);
  return taken;
}

}  // namespace

void storm(Report& report, Target& target, const StormOptions& options) {
  auto run = begin_record("storm", target);
  run.parameter("connections", options.connections);
  run.parameter("queues", options.queues);
  run.parameter("version", options.version);
  const auto queues = make(target, options);
  const bool restarted = !options.warm && target.restart();
  run.parameter("after restart", restarted ? "yes" : "no");
  ClientPool pool;
  connect_evenly(pool, target, options.version, options.connections);
  Measurement measurement(target);
  const auto taken = subscribe_all(pool, queues, options.queues);
  measurement.stop(run, queues.size());
  run.latencies.push_back(summary("SUB, from the start of all", taken));
  if (options.floor) add_floor(run);
  add_cpu_figures(run, "SUB");
  if (!run.processes.empty()) {
    run.figures.push_back({"SUBs per CPU-second", static_cast<double>(run.operations) * 1e6 / cpu_of(run), "1/s",
                           run.target == "platform" ? ">= 8000" : ""});
  }
  run.figures.push_back({"time until all are answered", run.seconds, "s"});
  report.add(std::move(run));
}

}  // namespace sotto::bench
