#include <sys/resource.h>

#include <stdexcept>

#include "bench/client_pool.hpp"
#include "bench/process_stats.hpp"
#include "bench/scenarios.hpp"
#include "libs/smp-client/queue_handle.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

// Creates a subscribed queue on each connection.
void subscribe_each(ClientPool& pool, std::size_t from) {
  std::size_t done = 0;
  std::vector<std::unique_ptr<client::QueueDraft>> drafts;
  for (std::size_t i = from; i < pool.size(); ++i) {
    drafts.push_back(std::make_unique<client::QueueDraft>(client::NewQueue{}));
    pool.at(i)->submit(drafts.back()->request(), [&](Result<client::Received> reply) {
      if (!reply.ok() || !reply->is<smp::Ids>()) throw std::runtime_error("the server is wrong: NEW");
      ++done;
    });
  }
  pool.run_until([&] { return done == drafts.size(); });
}

}  // namespace

void idle_connections(Report& report, std::size_t connections) {
  test::ServerProcess server({"--max-handshakes=20000"});
  ClientPool pool;
  // What the first connections load (code, pools, keys of the store) is not theirs.
  pool.connect(server.options(18), 100);
  subscribe_each(pool, 0);
  const auto before = process_stats(server.pid());
  pool.connect(server.options(18), connections);
  subscribe_each(pool, 100);
  const auto after = process_stats(server.pid());
  const auto each =
      static_cast<double>(after.resident_bytes - before.resident_bytes) / static_cast<double>(connections) / 1024;
  report.add({"idle/" + std::to_string(connections), "resident memory per connection with one subscription", each,
              "KiB", "<= 24"});
  report.add({"idle/" + std::to_string(connections), "CPU per connection (TLS, handshake, NEW)",
              static_cast<double>((after.cpu() - before.cpu()).count()) / static_cast<double>(connections), "us CPU",
              ""});
  pool.close();
}

}  // namespace sotto::bench
