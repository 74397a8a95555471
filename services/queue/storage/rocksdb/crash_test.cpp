// What survives when the process or the machine ends at a bad moment. A child process commits messages and reports each
// one when commit() returned; it is killed, and all that was reported must be there. A machine that stops is played by
// damaging the end of the write-ahead log, which is all that it can damage: everything before was synced.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/rocksdb/test_store.hpp"

namespace sotto::queue {
namespace {

namespace fs = std::filesystem;

constexpr const char* kChildDirectory = "SOTTO_TEST_CHILD_DIRECTORY";
constexpr std::size_t kBodySize = 16000;

// The same queue in parent and child.
QueueRecord the_queue() {
  return TestValues(7).record();
}

void append_one(RocksDbQueueStore& store, const MessagePtr& message) {
  auto transaction = store.begin({}).value();
  ASSERT_TRUE(transaction->append(the_queue().recipient_id, message, false));
  const auto committed = transaction->commit();
  ASSERT_TRUE(committed) << committed.error().message;
}

std::vector<MessagePtr> stored_messages(RocksDbQueueStore& store) {
  std::vector<MessagePtr> out;
  auto transaction = store.begin({}).value();
  for (;;) {
    auto head = transaction->head(the_queue().recipient_id);
    EXPECT_TRUE(head) << (head ? "" : head.error().message);
    if (!head || !*head) return out;
    out.push_back(*head);
    EXPECT_TRUE(transaction->pop(the_queue().recipient_id));
  }
}

void insert_queue(RocksDbQueueStore& store) {
  auto transaction = store.begin({}).value();
  ASSERT_TRUE(transaction->insert(the_queue()));
  ASSERT_TRUE(transaction->commit());
}

[[noreturn]] void commit_until_killed(const char* directory) {
  auto store = open_store(test_options(directory));
  if (!store) std::exit(1);
  insert_queue(*store);
  TestValues values(8);
  const char done = '.';
  do {
    append_one(*store, values.message(kTestSeconds, kBodySize));
  } while (::write(STDERR_FILENO, &done, 1) == 1);
  std::exit(1);
}

// Makes this program the child of KilledProcess.KeepsWhatItCommitted when it was started as such. A new program and not
// only a fork, because the engine's threads do not survive a fork.
class ChildEnvironment final : public testing::Environment {
 public:
  void SetUp() override {
    if (const char* directory = std::getenv(kChildDirectory)) commit_until_killed(directory);
  }
};
const testing::Environment* const kChildEnvironment = testing::AddGlobalTestEnvironment(new ChildEnvironment);

TEST(KilledProcess, KeepsWhatItCommitted) {
  TestDirectory directory;
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  std::string self = "/proc/self/exe";
  std::string filter = "--gtest_filter=KilledProcess.*";
  const std::array<char*, 3> arguments = {self.data(), filter.data(), nullptr};
  ASSERT_EQ(::setenv(kChildDirectory, directory.path().c_str(), 1), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::dup2(pipe[1], STDERR_FILENO);
    ::execv(self.c_str(), arguments.data());
    ::_exit(1);
  }
  ASSERT_EQ(::unsetenv(kChildDirectory), 0);
  ::close(pipe[1]);
  std::size_t reported = 0;
  std::array<char, 64> reports{};
  while (true) {
    const ssize_t size = ::read(pipe[0], reports.data(), reports.size());
    if (size <= 0) break;
    reported += static_cast<std::size_t>(std::count(reports.begin(), reports.begin() + size, '.'));
    if (reported >= 50) ::kill(child, SIGKILL);  // reports that are still in the pipe count too
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  ASSERT_GE(reported, 50U);

  auto store = open_store(test_options(directory.path()));
  ASSERT_NE(store, nullptr);
  const auto messages = stored_messages(*store);
  EXPECT_GE(messages.size(), reported);
  EXPECT_LE(messages.size(), reported + 1) << "one may have been committed and not reported";
  EXPECT_EQ(store->totals(), (StoreTotals{.queues = 1, .messages = messages.size()}));
  TestValues values(8);
  for (const auto& message : messages) EXPECT_TRUE(*message == *values.message(kTestSeconds, kBodySize));
}

class StoppedMachine : public testing::Test {
 protected:
  void SetUp() override {
    auto store = open();
    ASSERT_NE(store, nullptr);
    insert_queue(*store);
    for (const auto& message : sent_) append_one(*store, message);
  }
  std::unique_ptr<RocksDbQueueStore> open() { return open_store(options_); }
  // The log that was written last.
  [[nodiscard]] fs::path log() const {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      if (entry.path().extension() == ".log" && fs::file_size(entry.path()) > 0)
        newest = std::max(newest, entry.path());
    }
    EXPECT_FALSE(newest.empty());
    return newest;
  }
  // Overwrites `size` bytes that end `from_end` bytes before the end of the log.
  void overwrite(std::size_t from_end, std::size_t size, char with) const {
    const auto path = log();
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(path) - from_end - size));
    file << std::string(size, with);
  }
  void expect_first(std::size_t count) {
    auto store = open();
    ASSERT_NE(store, nullptr);
    const auto messages = stored_messages(*store);
    ASSERT_EQ(messages.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_TRUE(*messages[i] == *sent_[i]);
    EXPECT_EQ(store->totals().messages, count);
    // And the store goes on.
    append_one(*store, sent_.back());
    store.reset();
    store = open();
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(stored_messages(*store).size(), count + 1);
  }

  TestValues values_{9};
  const std::vector<MessagePtr> sent_{values_.message(kTestSeconds, kBodySize),
                                      values_.message(kTestSeconds, kBodySize),
                                      values_.message(kTestSeconds, kBodySize)};
  TestDirectory directory_;
  rocks::Options options_ = test_options(directory_.path());
};

TEST_F(StoppedMachine, WholeLogIsReplayed) {
  expect_first(3);
}

class CutLog : public StoppedMachine, public testing::WithParamInterface<std::size_t> {};

TEST_P(CutLog, RecordThatIsCutAnywhereIsDropped) {
  fs::resize_file(log(), fs::file_size(log()) - GetParam());
  expect_first(2);
}

INSTANTIATE_TEST_SUITE_P(Bytes, CutLog, testing::Values(1U, 100U, 5000U, 16000U));

TEST_F(StoppedMachine, RoomThatWasReservedButNotWrittenIsIgnored) {
  fs::resize_file(log(), fs::file_size(log()) + 50'000);
  expect_first(3);
}

TEST_F(StoppedMachine, PagesOfTheLastRecordThatWereNotWrittenAreDropped) {
  overwrite(4000, 4096, '\0');
  expect_first(2);
}

TEST_F(StoppedMachine, LastRecordWithoutItsStartIsDropped) {
  overwrite(8000, 8000, '\0');
  expect_first(2);
}

TEST_F(StoppedMachine, DamageBeforeAcceptedMessagesIsNotPassedOver) {
  overwrite(30'000, 16, 'X');
  const auto database = rocks::Database::open(options_);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, ErrorCode::configuration);
  EXPECT_NE(database.error().message.find("is damaged"), std::string::npos) << database.error().message;
  options_.accept_damaged_log = true;
  expect_first(1);
}

// A file that may not grow is the nearest to a full disk that an unprivileged test can make.
TEST_F(StoppedMachine, CommitThatCannotBeWrittenFails) {
  auto store = open();
  ASSERT_NE(store, nullptr);
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto transaction = store->begin({}).value();
  ASSERT_TRUE(transaction->append(the_queue().recipient_id, sent_.back(), false));
  const auto committed = transaction->commit();
  transaction.reset();
  const auto messages = stored_messages(*store);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);

  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::unavailable);
  EXPECT_EQ(messages.size(), 3U);
  EXPECT_EQ(store->totals().messages, 3U);
  store.reset();
  expect_first(3);
}

TEST(DeletedMessages, LeaveNoTraceAfterCompaction) {
  TestDirectory directory;
  auto store = open_store(test_options(directory.path()));
  ASSERT_NE(store, nullptr);
  insert_queue(*store);
  TestValues values(10);
  std::vector<MessagePtr> sent;
  for (int i = 0; i < 6; ++i) sent.push_back(values.message(kTestSeconds, kBodySize));
  for (std::size_t i = 0; i < 3; ++i) append_one(*store, sent[i]);
  ASSERT_TRUE(store->compact());  // three bodies are in a table
  for (std::size_t i = 3; i < 6; ++i) append_one(*store, sent[i]);
  const auto on_disk = [&](const MessagePtr& message) { return directory.contains(ByteView(message->body).first(64)); };
  for (const auto& message : sent) EXPECT_TRUE(on_disk(message));

  auto transaction = store->begin({}).value();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(transaction->pop(the_queue().recipient_id));
  ASSERT_TRUE(transaction->commit());
  transaction.reset();
  ASSERT_TRUE(store->compact());
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(on_disk(sent[i]), i >= 4) << i;

  transaction = store->begin({}).value();
  ASSERT_TRUE(transaction->erase(the_queue()));
  ASSERT_TRUE(transaction->commit());
  transaction.reset();
  ASSERT_TRUE(store->compact());
  for (const auto& message : sent) EXPECT_FALSE(on_disk(message));
  EXPECT_FALSE(directory.contains(the_queue().recipient_id.view())) << "no trace of the queue either";
  EXPECT_FALSE(directory.contains(the_queue().sender_id.view()));
}

}  // namespace
}  // namespace sotto::queue
