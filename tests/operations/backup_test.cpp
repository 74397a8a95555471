// `sotto backup create` against a running sotto-server, and the server that is restored from it.
#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>

#include "tests/operations/admin_test.hpp"

namespace sotto::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class BackupCommand : public AdminTest {
 protected:
  BackupCommand() : AdminTest({"--quota=10000"}) {}

  // Puts this directory in the place of the server's data, and kills and starts the server.
  void restore(const fs::path& backup) {
    server.process().kill();
    fs::remove_all(server.data_dir());
    fs::rename(backup, server.data_dir());
    server.restart();
    server.wait_ready(true);
  }
  // Takes all messages of the queue, from the oldest to the newest.
  std::vector<std::string> take_all(const client::QueueHandle& queue) {
    client::SyncClient recipient;
    EXPECT_TRUE(recipient.connect(options()));
    std::vector<std::string> texts;
    for (;;) {
      const auto message = recipient.get(queue);
      EXPECT_TRUE(message) << (message ? "" : message.error().message);
      if (!message || !*message) return texts;
      texts.emplace_back((*message)->text());
      EXPECT_TRUE(recipient.ack(queue, **message));
    }
  }
};

TEST_F(BackupCommand, HoldsWhatWasAcceptedBeforeItWhileMessagesAreSent) {
  client::SyncClient recipient;
  ASSERT_TRUE(recipient.connect(options()));
  const auto queue = recipient.create_queue({.subscribe = false});
  ASSERT_TRUE(queue);
  const auto password = create("team");

  std::atomic<std::size_t> begun{0};
  std::atomic<std::size_t> accepted{0};
  std::atomic<bool> enough{false};
  std::thread sending([&] {
    client::SyncClient sender;
    EXPECT_TRUE(sender.connect(options()));
    while (!enough) {
      const auto sent = sender.send(*queue, std::to_string(begun++));
      ASSERT_TRUE(sent) << sent.error().message;
      ++accepted;
    }
  });
  struct Made {
    fs::path directory;
    std::size_t least;
    std::size_t most;
  };
  std::vector<Made> all;
  for (const auto* name : {"first", "second", "third"}) {
    wait_until("more messages", [&, before = accepted.load()] { return accepted > before + 50; });
    const std::size_t least = accepted;
    const auto said = done({"backup", "create", "--name", name});
    EXPECT_THAT(said, AllOf(HasSubstr("backup     " + std::string(name) + "\n"), HasSubstr("identity is not in it")));
    all.push_back({server.directory() / name, least, begun});
  }
  wait_until("more messages", [&, before = accepted.load()] { return accepted > before + 50; });
  enough = true;
  sending.join();
  const std::size_t in_all = accepted;

  for (const auto& made : all) fs::rename(server.data_dir() / "backups" / made.directory.filename(), made.directory);
  for (const auto& made : all) {
    restore(made.directory);
    const auto taken = take_all(*queue);
    EXPECT_GE(taken.size(), made.least);
    EXPECT_LE(taken.size(), made.most);
    EXPECT_LT(taken.size(), in_all);
    for (std::size_t i = 0; i < taken.size(); ++i) ASSERT_EQ(taken[i], std::to_string(i));
    EXPECT_EQ(new_queue(password), "OK");
    EXPECT_EQ(new_queue(std::nullopt), "AUTH");
  }
}

TEST_F(BackupCommand, SaysWhereItIs) {
  const auto json = done({"backup", "create", "--json"});
  std::smatch found;
  ASSERT_TRUE(std::regex_search(json, found, std::regex(R"re("directory": "([^"]+/backups/\d{8}T\d{6}Z)")re"))) << json;
  EXPECT_TRUE(fs::exists(fs::path(found[1].str()) / "CURRENT"));
  EXPECT_THAT(json, AllOf(HasSubstr("\"schemaVersion\": 1"), HasSubstr("\"bytes\": "), HasSubstr("\"files\": ")));
  EXPECT_THAT(done({"audit", "list"}), HasSubstr("backup.create"));
  EXPECT_NE(metric("smp_backup_last_success_seconds"), "0");
  server.restart();
  server.wait_ready(true);
  EXPECT_NE(metric("smp_backup_last_success_seconds"), "0");
}

TEST_F(BackupCommand, SaysWhyThereIsNone) {
  EXPECT_EQ(metric("smp_backup_last_success_seconds"), "0");
  const auto expect = [this](const std::string& name, int exit_code, const std::string& reason) {
    const auto ran = sotto({"backup", "create", "--name", name});
    EXPECT_EQ(ran.exit_code, exit_code) << ran.output;
    EXPECT_THAT(ran.output, HasSubstr(reason));
  };
  std::ofstream(server.data_dir() / "backups") << "in the way";
  expect("one", 3, "cannot be made");
  fs::remove(server.data_dir() / "backups");
  EXPECT_EQ(metric("smp_backup_last_success_seconds"), "0");
  static_cast<void>(done({"backup", "create", "--name", "one"}));
  expect("one", 7, "there is a backup one already");
  expect("a/b", 2, "has a name of");
  server.process().kill();
  expect("two", 4, "");
}

TEST(BackupOfAServerInMemory, CannotBe) {
  const TempDir directory;
  const auto socket = (directory.path() / "admin.sock").string();
  auto server = ServerProgram::standalone({"--admin-socket=" + socket});
  server.wait_ready(true);
  std::string output;
  EXPECT_EQ(server.sotto({"backup", "create", "--server=unix:" + socket}, &output), 7);
  EXPECT_THAT(output, HasSubstr("no store of its own"));
}

}  // namespace
}  // namespace sotto::test
