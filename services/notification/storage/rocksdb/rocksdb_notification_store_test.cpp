#include "services/notification/storage/rocksdb/rocksdb_notification_store.hpp"

#include <unistd.h>

#include <filesystem>

#include "services/notification/domain/notification_store_conformance.hpp"

namespace sotto::notification {
namespace {

class RocksDbFactory final : public StoreFactory {
 public:
  RocksDbFactory() {
    std::string name = (std::filesystem::temp_directory_path() / "sotto-notifications-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    options_.directory = name;
  }
  ~RocksDbFactory() override {
    std::error_code ignored;
    std::filesystem::remove_all(options_.directory, ignored);
  }
  std::unique_ptr<NotificationStore> open(std::size_t max_pending) override {
    auto database = rocks::Database::open(options_);
    if (!database) {
      ADD_FAILURE() << database.error().message;
      return nullptr;
    }
    auto store = RocksDbNotificationStore::open(*database, max_pending);
    if (!store) {
      ADD_FAILURE() << store.error().message;
      return nullptr;
    }
    return std::move(store).value();
  }
  [[nodiscard]] bool durable() const override { return true; }

 private:
  rocks::Options options_;
};

INSTANTIATE_TEST_SUITE_P(RocksDb, NotificationStoreConformance,
                         testing::Values(StoreUnderTest{"rocksdb", [] { return std::make_unique<RocksDbFactory>(); }}),
                         [](const auto& store) { return store.param.name; });

TEST(NotificationRows, PendingRoundTripsAndIsStrict) {
  const std::vector pending = {test_notification(1), test_notification(2, -5)};
  const auto row = encode_pending(pending);
  EXPECT_EQ(decode_pending(row.view()).value(), pending);
  for (std::size_t size = 0; size < row.view().size(); ++size) EXPECT_FALSE(decode_pending(row.view().first(size)));
  Bytes newer = to_bytes(row.view());
  newer[0] = 2;
  const auto refused = decode_pending(newer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace sotto::notification
