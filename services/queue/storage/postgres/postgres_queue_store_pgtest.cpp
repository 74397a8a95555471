#include "services/queue/domain/queue_store_conformance.hpp"
#include "services/queue/storage/postgres/postgres_queue_store.hpp"
#include "services/queue/storage/postgres/test_database.hpp"

namespace sotto::queue {
namespace {

class PostgresFactory final : public StoreFactory {
 public:
  std::unique_ptr<QueueStore> open() override { return database_.open_store(); }
  [[nodiscard]] bool durable() const override { return true; }

 private:
  TestDatabase database_;
};

INSTANTIATE_TEST_SUITE_P(Postgres, QueueStoreConformance,
                         testing::Values(StoreUnderTest{"postgres",
                                                        [] { return std::make_unique<PostgresFactory>(); }}),
                         [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace sotto::queue
