#include "libs/rocksdb/database.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rocksdb/db.h>

namespace sotto::rocks {
namespace {

namespace fs = std::filesystem;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (fs::temp_directory_path() / "sotto-database-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    options_.directory = root_ / "data";
  }
  ~DatabaseTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  std::shared_ptr<Database> open() {
    auto database = Database::open(options_);
    EXPECT_TRUE(database) << (database ? "" : database.error().message);
    return database ? *database : nullptr;
  }
  // Opening fails as a matter of configuration, with this in its message.
  void expect_refused(const std::string& cause) {
    const auto database = Database::open(options_);
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, ErrorCode::configuration);
    EXPECT_NE(database.error().message.find(cause), std::string::npos) << database.error().message;
    EXPECT_NE(database.error().message.find(options_.directory.string()), std::string::npos)
        << database.error().message;
  }
  static void put(Database& database, std::string_view key, std::string_view value, Family family = Family::queues) {
    WriteBatch batch(database);
    batch.put(family, as_bytes(key), as_bytes(value));
    ASSERT_TRUE(database.write(batch, Durability::synced));
  }
  static std::string get(const Database& database, std::string_view key, Family family = Family::queues) {
    std::string out = "(none)";
    EXPECT_TRUE(database.read(family, as_bytes(key), [&](ByteView value) {
      out = as_text(value);
      return ok_status();
    }));
    return out;
  }

  fs::path root_;
  Options options_;
};

TEST_F(DatabaseTest, DirectoryIsMadePrivate) {
  ASSERT_NE(open(), nullptr);
  EXPECT_EQ(fs::status(options_.directory).permissions(), fs::perms::owner_all);
}

TEST_F(DatabaseTest, WhatIsWrittenIsThereAfterReopening) {
  {
    auto database = open();
    put(*database, "a", "1");
    put(*database, "a", "2", Family::messages);
    EXPECT_EQ(get(*database, "a"), "1");
  }
  auto database = open();
  EXPECT_EQ(get(*database, "a"), "1");
  EXPECT_EQ(get(*database, "a", Family::messages), "2");
  EXPECT_EQ(get(*database, "b"), "(none)");
}

TEST_F(DatabaseTest, BatchHoldsManyChangesAndValuesOfTwoParts) {
  auto database = open();
  put(*database, "gone", "x");
  put(*database, "gone once", "x");
  WriteBatch batch(*database);
  EXPECT_TRUE(batch.empty());
  batch.put(Family::queues, as_bytes("key"), as_bytes("head,"), as_bytes("tail"));
  batch.remove(Family::queues, as_bytes("gone"));
  batch.remove_single(Family::queues, as_bytes("gone once"));
  EXPECT_FALSE(batch.empty());
  EXPECT_EQ(get(*database, "key"), "(none)");
  ASSERT_TRUE(database->write(batch, Durability::buffered));
  EXPECT_EQ(get(*database, "key"), "head,tail");
  EXPECT_EQ(get(*database, "gone"), "(none)");
  EXPECT_EQ(get(*database, "gone once"), "(none)");
}

TEST_F(DatabaseTest, ScanVisitsARangeInOrderUntilItIsToldToStop) {
  auto database = open();
  for (const auto* key : {"c", "a", "d", "b"}) put(*database, key, key);
  const auto scan = [&](std::string_view first, std::string_view last, std::size_t limit) {
    std::string seen;
    EXPECT_TRUE(database->scan(Family::queues, as_bytes(first), as_bytes(last),
                               [&](ByteView key, ByteView value) -> Result<bool> {
                                 EXPECT_TRUE(equal(key, value));
                                 seen += as_text(key);
                                 return seen.size() < limit;
                               }));
    return seen;
  };
  EXPECT_EQ(scan("a", "d", 10), "abc");
  EXPECT_EQ(scan("b", "z", 2), "bc");
  EXPECT_EQ(scan("x", "z", 10), "");
}

TEST_F(DatabaseTest, ErrorsOfReadersAndVisitorsComeBack) {
  auto database = open();
  put(*database, "a", "1");
  const Error wrong{ErrorCode::unavailable, "wrong"};
  const auto read = database->read(Family::queues, as_bytes("a"), [&](ByteView) -> Status { return wrong; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "wrong");
  const auto scanned = database->scan(Family::queues, as_bytes("a"), as_bytes("b"),
                                      [&](ByteView, ByteView) -> Result<bool> { return wrong; });
  ASSERT_FALSE(scanned);
  EXPECT_EQ(scanned.error().message, "wrong");
}

TEST_F(DatabaseTest, DirectoryInUseIsRefused) {
  const auto database = open();
  expect_refused("is in use by another process");
}

TEST_F(DatabaseTest, DirectoryInUseByAnotherProcessIsRefused) {
  ASSERT_NE(open(), nullptr);
  // flock(1) of util-linux takes the same lock.
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const std::string directory = options_.directory.string();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(ready[1], STDOUT_FILENO);
    ::execlp("flock", "flock", "--exclusive", "--no-fork", directory.c_str(), "sh", "-c", "echo locked; exec sleep 600",
             nullptr);
    ::_exit(127);
  }
  ::close(ready[1]);
  char locked = 0;
  ASSERT_EQ(::read(ready[0], &locked, 1), 1) << "flock(1) is missing";
  expect_refused("is in use by another process");
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ::close(ready[0]);
  EXPECT_NE(open(), nullptr);
}

TEST_F(DatabaseTest, DirectoryThatCannotBeMadeIsRefused) {
  std::ofstream(root_ / "file") << "x";
  options_.directory = root_ / "file" / "data";
  expect_refused("cannot be made");
}

TEST_F(DatabaseTest, FileInPlaceOfTheDirectoryIsRefused) {
  std::ofstream(root_ / "file") << "x";
  options_.directory = root_ / "file";
  expect_refused("cannot be made");
}

TEST_F(DatabaseTest, TablesWithoutTheirCurrentFileAreRefused) {
  {
    auto database = open();
    put(*database, "a", "1");
    ASSERT_TRUE(database->compact());
  }
  ASSERT_TRUE(fs::remove(options_.directory / "CURRENT"));
  expect_refused("no CURRENT file");
}

TEST_F(DatabaseTest, DamagedTablesAreRefusedOrGiveAnError) {
  {
    auto database = open();
    put(*database, "a", std::string(10'000, 'v'));
    ASSERT_TRUE(database->compact());
  }
  for (const auto& entry : fs::directory_iterator(options_.directory)) {
    if (entry.path().extension() == ".sst") fs::resize_file(entry.path(), fs::file_size(entry.path()) / 2);
  }
  expect_refused("is damaged");
}

// Writes another layout number with the engine itself.
TEST_F(DatabaseTest, AnotherLayoutIsRefused) {
  open().reset();
  for (const auto& [row, cause] : std::vector<std::pair<std::string, std::string>>{
           {std::string("\x01\x00\x00\x00\x02", 5), "holds data of layout 2, this version reads layout 1"},
           {std::string("\x02\x00\x00\x00\x01", 5), "unknown format"},
           {std::string("\x01\x00", 2), "unknown format"}}) {
    std::vector<std::string> names;
    ASSERT_TRUE(::rocksdb::DB::ListColumnFamilies({}, options_.directory.string(), &names).ok());
    std::vector<::rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, ::rocksdb::ColumnFamilyOptions());
    std::vector<::rocksdb::ColumnFamilyHandle*> handles;
    ::rocksdb::DB* db = nullptr;
    ASSERT_TRUE(::rocksdb::DB::Open({}, options_.directory.string(), families, &handles, &db).ok());
    ASSERT_TRUE(db->Put({}, "layout", row).ok());
    for (auto* handle : handles) ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    delete db;
    expect_refused(cause);
  }
}

TEST_F(DatabaseTest, CompactionLeavesNoDeletedBytesInAnyFile) {
  auto database = open();
  const std::string body(3000, 'b');
  put(*database, "a key to forget", body, Family::messages);
  ASSERT_TRUE(database->compact());
  WriteBatch batch(*database);
  batch.remove_single(Family::messages, as_bytes("a key to forget"));
  ASSERT_TRUE(database->write(batch, Durability::synced));
  ASSERT_TRUE(database->compact());
  for (const auto& entry : fs::directory_iterator(options_.directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(content.find(body.substr(0, 100)), std::string::npos) << entry.path();
    EXPECT_EQ(content.find("a key to forget"), std::string::npos) << entry.path();
  }
}

TEST_F(DatabaseTest, TheEngineWritesNoTextLog) {
  auto database = open();
  ASSERT_TRUE(database->compact());
  for (const auto& entry : fs::directory_iterator(options_.directory)) {
    EXPECT_NE(entry.path().filename().string().substr(0, 4), "LOG") << entry.path();
  }
}

}  // namespace
}  // namespace sotto::rocks
