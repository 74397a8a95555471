#include <csignal>
#include <stdexcept>

#include "bench/process_stats.hpp"
#include "bench/scenarios.hpp"
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

}  // namespace

void start_up(Report& report, std::size_t queues) {
  test::ServerProcess server;
  server.signal(SIGTERM);
  server.wait();
  fill(server.data_dir(), queues);
  const auto name = "start/" + std::to_string(queues);
  for (const char* how : {"after an orderly stop of the filler", "after kill -9"}) {
    const auto begin = std::chrono::steady_clock::now();
    server.start();
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report.add({name, std::string("start to ready, ") + how, seconds * 1000, "ms", "< 2000"});
    server.kill();
  }
}

}  // namespace sotto::bench
