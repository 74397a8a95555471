// What a restart keeps and what it does not.
#include <array>
#include <filesystem>
#include <fstream>

#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

TEST(Restart, KeepsQueuesMessagesAndSecuredState) {
  InProcessServer server;
  auto recipient = server.connect();
  auto queue = must(recipient->create_queue({.key_kind = KeyKind::x25519}));
  ASSERT_TRUE(recipient->secure_as_sender(queue));
  for (const auto* text : {"one", "two", "three"}) ASSERT_TRUE(recipient->send(queue, text));
  EXPECT_EQ(receive(*recipient, queue), "one");

  server.restart();
  EXPECT_EQ(server.server().stored_queues(), 1U);
  EXPECT_EQ(server.server().stored_messages(), 2U);
  recipient = server.connect();
  auto unsecured = queue;
  unsecured.secured = false;
  EXPECT_EQ(text_of(recipient->send(unsecured, "no signature")), "AUTH");
  ASSERT_TRUE(recipient->send(queue, "four"));
  ASSERT_TRUE(recipient->subscribe(queue));
  for (const auto* text : {"two", "three", "four"}) EXPECT_EQ(receive(*recipient, queue), text);
}

TEST(Restart, KeepsWhatWasSwitchedOffOrDeleted) {
  InProcessServer server;
  auto client = server.connect();
  const auto off = must(client->create_queue());
  const auto deleted = must(client->create_queue());
  ASSERT_TRUE(client->suspend(off));
  ASSERT_TRUE(client->remove(deleted));
  server.restart();
  client = server.connect();
  EXPECT_EQ(text_of(client->send(off, "x")), "AUTH");
  EXPECT_TRUE(client->subscribe(off));
  EXPECT_EQ(text_of(client->subscribe(deleted)), "AUTH");
}

TEST(Restart, KeepsTheQuotaMarker) {
  InProcessServer server({"--quota=1"});
  auto client = server.connect();
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_TRUE(client->send(queue, "1"));
  ASSERT_EQ(text_of(client->send(queue, "2")), "QUOTA");
  server.restart();
  client = server.connect();
  EXPECT_EQ(text_of(client->send(queue, "3")), "QUOTA");
  ASSERT_TRUE(client->subscribe(queue));
  EXPECT_EQ(receive(*client, queue), "1");
  EXPECT_EQ(receive(*client, queue), "<quota>");
  EXPECT_TRUE(client->send(queue, "4"));
}

TEST(Reconnect, DeliversTheUnacknowledgedMessageAgain) {
  InProcessServer server({"--ephemeral"});
  const auto sender = server.connect();
  auto recipient = server.connect();
  const auto queue = must(recipient->create_queue());
  ASSERT_TRUE(sender->send(queue, "again"));
  ASSERT_TRUE(sender->send(queue, "next"));
  const auto first = must(recipient->next_message(queue));
  for (int i = 0; i < 3; ++i) {
    recipient = server.connect();
    ASSERT_TRUE(recipient->subscribe(queue));
    const auto message = must(recipient->next_message(queue));
    EXPECT_EQ(message.id, first.id);
    EXPECT_EQ(message.text(), "again");
  }
  EXPECT_TRUE(recipient->ack(queue, first));
  EXPECT_EQ(receive(*recipient, queue), "next");
}

TEST(Ephemeral, ForgetsEverythingAndWritesNothing) {
  InProcessServer server({"--ephemeral"});
  auto client = server.connect();
  auto queue = must(client->create_queue());
  ASSERT_TRUE(client->add_notifier(queue));
  ASSERT_TRUE(client->send(queue, "not for long", "T"));
  EXPECT_EQ(receive(*client, queue), "not for long");
  EXPECT_FALSE(std::filesystem::exists(server.data_dir()));
  EXPECT_THAT(server.server().warnings(), testing::Contains(testing::HasSubstr("ephemeral")));
  server.restart();
  client = server.connect();
  EXPECT_EQ(text_of(client->subscribe(queue)), "AUTH");
}

// --- an identity from elsewhere: made with the commands that the reference server's tool runs

void run(const std::string& command) {
  // A shell is what an admin makes an identity in; the command holds nothing from outside.
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);  // NOLINT(cert-env33-c)
}

void make_with_openssl(const std::filesystem::path& directory, const std::string& algorithm) {
  std::filesystem::create_directories(directory);
  const auto file = [&](const char* name) { return (directory / name).string(); };
  std::ofstream(file("ca.conf")) << "[req]\ndistinguished_name = name\nprompt = no\nx509_extensions = ext\n"
                                    "[name]\nCN = SMP server CA\nO = SimpleX\n"
                                    "[ext]\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid:always\n"
                                    "basicConstraints = critical,CA:true\n";
  std::ofstream(file("server.ext")) << "basicConstraints = CA:FALSE\nkeyUsage = digitalSignature, nonRepudiation, "
                                       "keyAgreement\nextendedKeyUsage = serverAuth\n";
  const std::string quiet = " >/dev/null 2>&1";
  run("openssl genpkey -algorithm " + algorithm + " -out " + file("ca.key") + quiet);
  run("openssl req -new -x509 -days 999999 -config " + file("ca.conf") + " -key " + file("ca.key") + " -out " +
      file("ca.crt") + quiet);
  run("openssl genpkey -algorithm " + algorithm + " -out " + file("server.key") + quiet);
  run("openssl req -new -subj /CN=localhost -key " + file("server.key") + " -out " + file("server.csr") + quiet);
  run("openssl x509 -req -days 999999 -in " + file("server.csr") + " -CA " + file("ca.crt") + " -CAkey " +
      file("ca.key") + " -CAcreateserial -extfile " + file("server.ext") + " -out " + file("server.crt") + quiet);
}

class BroughtIdentity : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Algorithms, BroughtIdentity, testing::Values("ED25519", "ED448"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST_P(BroughtIdentity, IsServedToEveryVersion) {
  const TempDir directory;
  make_with_openssl(directory.path(), GetParam());
  InProcessServer server({"--ephemeral"}, {}, directory.path());
  EXPECT_THAT(server.server().warnings(), testing::Contains(testing::HasSubstr("ca.key")))
      << "the key of the CA does not belong there";
  for (const auto version : std::array<smp::Version, 4>{6, 7, 11, 20}) {
    const auto client = server.connect(version);  // checks fingerprint, chain and signed key
    const auto queue = must(client->create_queue());
    EXPECT_TRUE(client->send(queue, "hello"));
    EXPECT_EQ(receive(*client, queue), "hello");
  }
}

TEST(BroughtIdentityOfOthers, IsRefusedAtStart) {
  const TempDir directory;
  const TempDir other;
  write_identity(directory.path(), KeyKind::ed448);
  write_identity(other.path(), KeyKind::ed448);
  std::filesystem::copy_file(other.path() / "server.key", directory.path() / "server.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(InProcessServer({"--ephemeral"}, {}, directory.path()), std::runtime_error);
}

}  // namespace
}  // namespace sotto::test
