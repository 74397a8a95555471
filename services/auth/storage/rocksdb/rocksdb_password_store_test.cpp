#include "services/auth/storage/rocksdb/rocksdb_password_store.hpp"

#include "services/auth/domain/password_store_conformance.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::auth {
namespace {

class InRocksDb final : public PasswordStoreUnderTest {
 public:
  InRocksDb() { reopen(); }
  PasswordStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    rocks::Options options;
    options.directory = directory_.path() / "data";
    store_ = *RocksDbPasswordStore::open(*rocks::Database::open(options));
  }

 private:
  test::TempDir directory_;
  std::unique_ptr<RocksDbPasswordStore> store_;
};

INSTANTIATE_TEST_SUITE_P(RocksDb, PasswordStoreConformance,
                         testing::Values([]() -> std::unique_ptr<PasswordStoreUnderTest> {
                           return std::make_unique<InRocksDb>();
                         }));

TEST(RocksDbPasswordStore, RefusesRowsItDoesNotKnow) {
  const test::TempDir directory;
  rocks::Options options;
  options.directory = directory.path() / "data";
  auto database = *rocks::Database::open(options);
  rocks::WriteBatch batch(*database);
  batch.put(rocks::Family::auth, as_bytes("s"), as_bytes("\x09???"));
  ASSERT_TRUE(database->write(batch, rocks::Durability::synced));
  const auto opened = RocksDbPasswordStore::open(database);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::configuration);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("the policy row in the data directory has format 9"));
}

}  // namespace
}  // namespace sotto::auth
