#include "services/queue/storage/rocksdb/rocksdb_queue_store.hpp"

#include "services/queue/domain/queue_store_conformance.hpp"
#include "services/queue/storage/rocksdb/test_store.hpp"

namespace sotto::queue {
namespace {

class RocksDbFactory final : public StoreFactory {
 public:
  explicit RocksDbFactory(std::size_t write_buffer_bytes) { options_.write_buffer_bytes = write_buffer_bytes; }
  std::unique_ptr<QueueStore> open() override {
    options_.directory = directory_.path();
    return open_store(options_);
  }
  [[nodiscard]] bool durable() const override { return true; }

 private:
  TestDirectory directory_;
  rocks::Options options_;
};

INSTANTIATE_TEST_SUITE_P(
    RocksDb, QueueStoreConformance,
    testing::Values(StoreUnderTest{"rocksdb", [] { return std::make_unique<RocksDbFactory>(std::size_t{64} << 20U); }},
                    // Flushes and compacts all the time.
                    StoreUnderTest{"rocksdb_small_buffers",
                                   [] { return std::make_unique<RocksDbFactory>(std::size_t{1} << 16U); }}),
    [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace sotto::queue
