// Who may do what: the password is for creating queues, and for nothing else.
#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

const NewQueue kWithPassword{.password = SecretString("correct-horse")};

TEST(Password, IsNeededToCreateAndNotToSendReceiveOrDelete) {
  InProcessServer server({}, {"SOTTO_PASSWORD=correct-horse"});
  const auto recipient = server.connect();
  EXPECT_EQ(recipient->create_queue().error().message, "AUTH");
  EXPECT_EQ(recipient->create_queue({.password = SecretString("wrong")}).error().message, "AUTH");
  auto queue = must(recipient->create_queue(kWithPassword));

  const auto sender = server.connect();
  EXPECT_TRUE(sender->secure_as_sender(queue));
  EXPECT_TRUE(sender->send(queue, "from anybody"));
  EXPECT_EQ(receive(*recipient, queue), "from anybody");
  EXPECT_TRUE(recipient->remove(queue));
  EXPECT_EQ(metric(server, R"(smp_new_queue_decisions_total{decision="missing_password"})"), 1);
  EXPECT_EQ(metric(server, R"(smp_new_queue_decisions_total{decision="wrong_password"})"), 1);
  EXPECT_EQ(metric(server, R"(smp_new_queue_decisions_total{decision="allowed"})"), 1);
}

TEST(Password, WithoutOneAnybodyCreates) {
  InProcessServer server({"--ephemeral"});
  const auto client = server.connect();
  EXPECT_TRUE(client->create_queue().ok());
  EXPECT_TRUE(client->create_queue(kWithPassword).ok());
}

TEST(NewQueuesOff, RefusesThePasswordToo) {
  InProcessServer server({"--ephemeral", "--new-queues=false"}, {"SOTTO_PASSWORD=correct-horse"});
  const auto client = server.connect();
  EXPECT_EQ(client->create_queue(kWithPassword).error().message, "AUTH");
  EXPECT_EQ(client->create_queue().error().message, "AUTH");
  EXPECT_EQ(metric(server, R"(smp_new_queue_decisions_total{decision="switched_off"})"), 2);
}

}  // namespace
}  // namespace sotto::test
