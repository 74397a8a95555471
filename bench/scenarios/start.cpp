#include "bench/scenarios/start.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "bench/measure/process_stats.hpp"
#include "libs/crypto/random.hpp"
#include "libs/rocksdb/database.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"
#include "tests/support/server/server_process.hpp"

namespace sotto::bench {
namespace {

void fill(const std::filesystem::path& directory, std::size_t queues) {
  rocks::Options options;
  options.directory = directory;
  auto database = rocks::Database::open(options);
  if (!database) throw std::runtime_error(database.error().message);
  auto store = queue::RocksDbQueueStore::open(*database);
  if (!store) throw std::runtime_error(store.error().message);
  const auto key = crypto::PrivateKey::generate(crypto::KeyKind::ed25519).public_key();
  constexpr std::size_t kGroup = 10'000;
  for (std::size_t done = 0; done < queues; done += kGroup) {
    auto transaction = (*store)->begin({});
    if (!transaction) throw std::runtime_error(transaction.error().message);
    for (std::size_t i = 0; i < std::min(kGroup, queues - done); ++i) {
      backend::QueueRecord record;
      record.recipient_id = crypto::random_id<RecipientId>();
      record.sender_id = crypto::random_id<SenderId>();
      record.recipient_keys = {key};
      record.mode = backend::QueueMode::messaging;
      if (auto status = (*transaction)->insert(record); !status) throw std::runtime_error(status.error().message);
    }
    if (auto status = (*transaction)->commit(); !status) throw std::runtime_error(status.error().message);
  }
}

double resident_megabytes(const test::ServerProcess& server) {
  return static_cast<double>(process_stats(server.pid()).resident_bytes) / 1e6;
}

}  // namespace

void start(Report& report, const StartOptions& options) {
  RunRecord run{.scenario = "start", .target = "standalone"};
  run.parameter("queues", options.queues);
  run.operations = options.queues;
  test::ServerProcess server;
  const auto empty = resident_megabytes(server);
  server.signal(SIGTERM);
  server.wait();
  fill(server.data_dir(), options.queues);
  for (const char* how : {"after an orderly stop of the filler", "after kill -9"}) {
    const auto begin = std::chrono::steady_clock::now();
    server.start();
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - begin;
    run.figures.push_back({std::string("start to ready, ") + how, taken.count(), "ms", "< 2000"});
    run.figures.push_back(
        {"resident then, more than an empty server", resident_megabytes(server) - empty, "MB", "<= 200"});
    server.kill();
  }
  report.add(std::move(run));
}

}  // namespace sotto::bench
