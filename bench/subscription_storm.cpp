#include <stdexcept>

#include "bench/client_pool.hpp"
#include "bench/process_stats.hpp"
#include "bench/scenarios.hpp"
#include "libs/smp-client/queue_handle.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

constexpr std::size_t kBatch = 100;

void check(const Result<client::Received>& reply, bool right, const char* what) {
  if (!reply.ok() || !right) throw std::runtime_error(std::string("the server is wrong: ") + what);
}

}  // namespace

void subscription_storm(Report& report, std::size_t connections) {
  test::ServerProcess server;
  std::vector<client::QueueHandle> queues;
  {
    ClientPool pool;
    pool.connect(server.options(18), 16);
    const auto count = connections * kBatch;
    std::vector<std::unique_ptr<client::QueueDraft>> drafts;
    for (std::size_t i = 0; i < count; ++i) {
      drafts.push_back(std::make_unique<client::QueueDraft>(client::NewQueue{.subscribe = false}));
    }
    queues.reserve(count);
    for (std::size_t i = 0; i < count; i += kBatch) {
      std::vector<client::Request> requests;
      for (std::size_t k = 0; k < kBatch; ++k) requests.push_back(drafts[i + k]->request());
      pool.at(i / kBatch % pool.size())->submit(requests, [&, i](std::size_t k, Result<client::Received> reply) {
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
  server.kill();
  server.start();
  ClientPool pool;
  pool.connect(server.options(18), connections);
  const auto before = process_stats(server.pid());
  std::size_t done = 0;
  for (std::size_t c = 0; c < connections; ++c) {
    std::vector<client::Request> requests;
    for (std::size_t k = 0; k < kBatch; ++k) requests.push_back(queues[c * kBatch + k].sub());
    pool.at(c)->submit(requests, [&](std::size_t /*index*/, Result<client::Received> reply) {
      check(reply, reply.ok() && reply->is<smp::Sok>(), "SUB");
      ++done;
    });
  }
  pool.run_until([&] { return done == queues.size(); });
  const auto after = process_stats(server.pid());
  const auto cpu = std::chrono::duration<double>(after.cpu() - before.cpu()).count();
  const auto name = "storm/" + std::to_string(connections);
  report.add(
      {name, "SUBs per CPU-second, batches of 100, after a restart", static_cast<double>(done) / cpu, "1/s", ""});
  report.add(
      {name, "CPU per SUB (one Ed25519 verification included)", cpu * 1e6 / static_cast<double>(done), "us CPU", ""});
  pool.close();
}

}  // namespace sotto::bench
