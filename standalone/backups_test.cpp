#include "standalone/backups.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include <gmock/gmock.h>

#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::standalone {
namespace {

namespace fs = std::filesystem;
using rocks::Family;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::shared_ptr<rocks::Database> open(const fs::path& directory) {
  rocks::Options options;
  options.directory = directory;
  auto opened = rocks::Database::open(options);
  EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
  return opened ? *opened : nullptr;
}

void put(rocks::Database& database, std::string_view key, std::string_view value) {
  rocks::WriteBatch batch(database);
  batch.put(Family::messages, as_bytes(key), as_bytes(value));
  ASSERT_TRUE(database.write(batch, rocks::Durability::synced));
}

bool has(const rocks::Database& database, std::string_view key) {
  const auto found = database.read(Family::messages, as_bytes(key), [](ByteView) { return ok_status(); });
  return found && *found;
}

mode_t mode_of(const fs::path& path) {
  struct stat state {};
  EXPECT_EQ(::stat(path.c_str(), &state), 0) << path;
  return state.st_mode & 07777U;
}

class BackupsTest : public testing::Test {
 protected:
  [[nodiscard]] fs::path backups_dir() const { return directory_.path() / "data/backups"; }
  // All that lies there, but what remembers the last success.
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(backups_dir(), none)) {
      if (entry.path().filename() != ".last-success") names.push_back(entry.path().filename());
    }
    return names;
  }
  static void expect_failed(const Result<Backups::Backup>& made, ErrorCode code, const std::string& cause) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, code) << made.error().message;
    EXPECT_THAT(made.error().message, HasSubstr(cause));
  }

  test::TempDir directory_;
  ManualClock clock_;
  std::shared_ptr<rocks::Database> database_ = open(directory_.path() / "data");
  Backups backups_{database_, directory_.path() / "data", clock_};
};

TEST_F(BackupsTest, OneHoldsWhatWasWrittenBeforeItAndNothingLater) {
  put(*database_, "table", "1");
  ASSERT_TRUE(database_->compact());
  put(*database_, "log", "2");
  const auto first = backups_.create("first");
  ASSERT_TRUE(first) << first.error().message;
  put(*database_, "later", "3");
  const auto second = backups_.create("second");
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE(database_->compact());
  EXPECT_THAT(left(), UnorderedElementsAre("first", "second"));

  const auto restored = open(first->directory);
  EXPECT_TRUE(has(*restored, "table"));
  EXPECT_TRUE(has(*restored, "log"));
  EXPECT_FALSE(has(*restored, "later"));
  EXPECT_TRUE(has(*open(second->directory), "later"));
  EXPECT_TRUE(has(*database_, "later"));
}

TEST_F(BackupsTest, NobodyElseMayReadOne) {
  put(*database_, "a", "1");
  ASSERT_TRUE(database_->compact());
  const mode_t before = ::umask(0);
  const auto made = backups_.create("one");
  ::umask(before);
  ASSERT_TRUE(made);
  EXPECT_EQ(mode_of(backups_dir()), 0700U);
  EXPECT_EQ(mode_of(made->directory), 0700U);
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(made->directory)) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
    ++files;
    bytes += entry.file_size();
  }
  EXPECT_EQ(made->files, files);
  EXPECT_EQ(made->bytes, bytes);
}

TEST_F(BackupsTest, NothingIsReplaced) {
  ASSERT_TRUE(backups_.create("one"));
  std::ofstream(backups_dir() / "one/mark") << "mine";
  std::ofstream(backups_dir() / "file") << "mine";
  fs::create_symlink("/nowhere", backups_dir() / "link");
  for (const auto* name : {"one", "file", "link"}) {
    expect_failed(backups_.create(name), ErrorCode::conflict, "there is a backup");
  }
  EXPECT_TRUE(fs::exists(backups_dir() / "one/mark"));
  EXPECT_THAT(left(), UnorderedElementsAre("one", "file", "link"));
}

TEST_F(BackupsTest, OnlyANameIsOne) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("-x"), std::string("a/b"), std::string("../a"),
        std::string("a b"), std::string("a\n"), std::string("a\0b", 3), std::string(65, 'a')}) {
    expect_failed(backups_.create(name), ErrorCode::invalid_argument, "has a name of 1 to 64");
  }
  EXPECT_FALSE(fs::exists(backups_dir()));
  EXPECT_TRUE(backups_.create(std::string(64, 'a')));
}

TEST_F(BackupsTest, APlaceThatCannotBeUsedIsNamed) {
  std::ofstream(backups_dir()) << "in the way";
  expect_failed(backups_.create("one"), ErrorCode::configuration, "cannot be made");
  fs::remove(backups_dir());
  // Not even root may change it.
  fs::create_directory_symlink("/proc/self", backups_dir());
  expect_failed(backups_.create("one"), ErrorCode::configuration, "cannot be made private");
}

// A file that may not grow is the nearest to a full disk that an unprivileged test can make.
TEST_F(BackupsTest, NothingIsLeftOfOneThatFindsNoRoom) {
  put(*database_, "a", std::string(100'000, 'a'));
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 16'384;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = backups_.create("one");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  expect_failed(made, ErrorCode::unavailable, "File too large");
  EXPECT_THAT(left(), testing::IsEmpty());

  put(*database_, "b", "goes on");
  const auto again = backups_.create("one");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(has(*open(again->directory), "b"));
}

TEST_F(BackupsTest, WhatAKilledServerLeftUnfinishedIsRemoved) {
  for (const auto* name : {".unfinished", ".unfinished.tmp"}) {
    fs::create_directories(backups_dir() / name);
    std::ofstream(backups_dir() / name / "000001.sst") << "x";
  }
  const Backups next(database_, directory_.path() / "data", clock_);
  EXPECT_THAT(left(), testing::IsEmpty());
}

TEST_F(BackupsTest, OneIsMadeAtATime) {
  std::string large;
  large.resize(20'000'000, 'a');
  put(*database_, "a", large);
  int number = 0;
  // Which of the two is first is the machine's matter, and whether they meet at all.
  test::wait_until("two to meet", [&] {
    std::atomic<int> conflicts{0};
    const auto create = [&](const std::string& name) {
      const auto made = backups_.create(name);
      if (made) return;
      EXPECT_EQ(made.error().code, ErrorCode::conflict);
      EXPECT_THAT(made.error().message, HasSubstr("another backup is being made"));
      ++conflicts;
    };
    ++number;
    std::thread other(create, "other-" + std::to_string(number));
    create("own-" + std::to_string(number));
    other.join();
    EXPECT_LE(conflicts, 1);
    return conflicts == 1;
  });
}

TEST_F(BackupsTest, TheLastSuccessIsKnownToTheNextServer) {
  const auto shown = [](Backups& backups) {
    metrics::Metrics metrics;
    backups.expose(metrics);
    return metrics.exposition();
  };
  EXPECT_THAT(shown(backups_), HasSubstr("smp_backup_last_success_seconds 0\n"));
  ASSERT_TRUE(backups_.create("one"));
  clock_.advance(std::chrono::hours(1));
  ASSERT_FALSE(backups_.create("one"));
  EXPECT_THAT(shown(backups_), HasSubstr("smp_backup_last_success_seconds 1700000000\n"));
  EXPECT_THAT(shown(backups_), HasSubstr("smp_backups_total{result=\"ok\"} 1\n"));
  EXPECT_THAT(shown(backups_), HasSubstr("smp_backups_total{result=\"failed\"} 1\n"));

  // Backups themselves are carried away.
  fs::remove_all(backups_dir() / "one");
  Backups next(database_, directory_.path() / "data", clock_);
  EXPECT_THAT(shown(next), HasSubstr("smp_backup_last_success_seconds 1700000000\n"));
}

}  // namespace
}  // namespace sotto::standalone
