#include <stdexcept>

#include "bench/client_pool.hpp"
#include "bench/process_stats.hpp"
#include "bench/scenarios.hpp"
#include "libs/smp-client/queue_handle.hpp"

namespace sotto::bench {
namespace {

void check(const Result<client::Received>& reply, bool right, const char* what) {
  if (!reply.ok() || !right) throw std::runtime_error(std::string("the server is wrong: ") + what);
}

}  // namespace

void subscription_storm(Report& report, Target& target, std::size_t connections, std::size_t batch) {
  std::vector<client::QueueHandle> queues;
  {
    ClientPool pool;
    for (std::size_t g = 0; g < target.gateways(); ++g) pool.connect(target.options(g, 18), 16);
    const auto count = connections * batch;
    std::vector<std::unique_ptr<client::QueueDraft>> drafts;
    for (std::size_t i = 0; i < count; ++i) {
      drafts.push_back(std::make_unique<client::QueueDraft>(client::NewQueue{.subscribe = false}));
    }
    queues.reserve(count);
    for (std::size_t i = 0; i < count; i += batch) {
      std::vector<client::Request> requests;
      for (std::size_t k = 0; k < batch; ++k) requests.push_back(drafts[i + k]->request());
      pool.at(i / batch % pool.size())->submit(requests, [&, i](std::size_t k, Result<client::Received> reply) {
        check(reply, true, "NEW");
        auto queue = drafts[i + k]->finish(*reply);
        if (!queue.ok()) throw std::runtime_error("the server is wrong: IDS");
        queues.push_back(std::move(*queue));
      });
    }
    pool.run_until([&] { return queues.size() == count; });
    pool.close();
  }

  // All clients come back at once to a server that has just started: nothing is in its caches.
  target.restart();
  ClientPool pool;
  for (std::size_t g = 0; g < target.gateways(); ++g) {
    pool.connect(target.options(g, 18), connections / target.gateways());
  }
  const auto before = target.parts();
  const auto begin = std::chrono::steady_clock::now();
  std::size_t done = 0;
  for (std::size_t c = 0; c < pool.size(); ++c) {
    std::vector<client::Request> requests;
    for (std::size_t k = 0; k < batch; ++k) requests.push_back(queues[c * batch + k].sub());
    pool.at(c)->submit(requests, [&](std::size_t /*index*/, Result<client::Received> reply) {
      check(reply, reply.ok() && reply->is<smp::Sok>(), "SUB");
      ++done;
    });
  }
  pool.run_until([&] { return done == pool.size() * batch; });
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto after = target.parts();
  const auto cpu = std::chrono::duration<double>(sum(after).cpu() - sum(before).cpu()).count();
  const auto name = target.prefix() + "storm/" + std::to_string(connections) + "x" + std::to_string(batch);
  report.add(
      {name, "SUBs per CPU-second, one batch a client, after a restart", static_cast<double>(done) / cpu, "1/s", ""});
  report.add(
      {name, "CPU per SUB (one Ed25519 verification included)", cpu * 1e6 / static_cast<double>(done), "us CPU", ""});
  for (std::size_t i = 0; i < after.size() && after.size() > 1; ++i) {
    const auto part = std::chrono::duration<double, std::micro>(after[i].stats.cpu() - before[i].stats.cpu()).count();
    report.add({name, "  of it " + after[i].name, part / static_cast<double>(done), "us CPU", ""});
  }
  report.add({name, "time until all are answered (both ends on this machine)", seconds, "s", ""});
  pool.close();
}

}  // namespace sotto::bench
