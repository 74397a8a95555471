// Services of a standalone server that have many queues: what SUBS answers, and what it costs.
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/backend/id_set.hpp"
#include "libs/rocksdb/database.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"
#include "tests/integration/service_with_queues.hpp"
#include "tests/support/child/free_port.hpp"
#include "tests/support/platform/http_get.hpp"
#include "tests/support/server/server_process.hpp"
#include "tests/support/session/answers.hpp"

namespace sotto::test {
namespace {

using client::QueueHandle;
using client::SyncClient;

constexpr std::size_t kCommit = 10'000;  // queues

// Puts so many queues of the service into the data directory of a server that does not run, and adds their ids.
void load_queues(const std::filesystem::path& data_dir, const ServiceId& service, std::size_t count,
                 backend::IdSet& ids) {
  rocks::Options options;
  options.directory = data_dir;
  const auto store = must(queue::RocksDbQueueStore::open(must(rocks::Database::open(options))));
  queue::TestValues values;
  while (count > 0) {
    const auto transaction = must(store->begin({}));
    for (std::size_t i = 0; i < kCommit && count > 0; ++i, --count) {
      auto record = values.record();
      record.service = service;
      ids.add(record.recipient_id.view());
      ASSERT_TRUE(transaction->insert(record));
    }
    ASSERT_TRUE(transaction->commit());
  }
}

TEST(StandaloneServices, AHundredThousandQueuesAreSubscribedWithOneCommand) {
  constexpr std::size_t kQueues = 100'000;
  constexpr std::size_t kWithMessages = 1000;
  const auto credentials = service_certificate();
  const auto metrics_port = free_port();
  ServerProcess server({"--block-cache=8MiB", "--metrics-listen=127.0.0.1:" + std::to_string(metrics_port)});
  const auto connect = [&] {
    auto options = server.options();
    options.service = client::ServiceIdentity{smp::ServiceRole::messaging, credentials};
    auto service = std::make_unique<SyncClient>();
    must(service->connect(std::move(options)));
    return service;
  };
  std::vector<QueueHandle> queues;
  std::optional<ServiceId> service_id;
  {
    const auto service = connect();
    service_id = service->connection().service_id();
    queues = create_queues(*service, kWithMessages);
  }
  server.signal(SIGTERM);
  ASSERT_EQ(server.wait(), 0);
  backend::IdSet ids;
  for (const auto& queue : queues) ids.add(queue.recipient_id.view());
  load_queues(server.data_dir(), service_id.value(), kQueues - kWithMessages, ids);
  server.start();
  const auto metric = [&](const std::string& name) {
    return metric_in(http_get(metrics_port, "/metrics").value().body, name);
  };
  ASSERT_EQ(metric("smp_queues"), static_cast<double>(kQueues));
  send_to_each(*server.connect(), queues);

  const auto service = connect();
  const auto before = resident(server.pid());
  expect_all_subscribed(*service, ids, queues);
  // What is delivered and not acknowledged is remembered, and the store has its cache; all else stays on disk.
  EXPECT_LT(resident(server.pid()), before + (std::size_t{16} << 20U));
  EXPECT_EQ(metric(R"(smp_service_subscribe_total{drift="none"})"), 1);
}

}  // namespace
}  // namespace sotto::test
