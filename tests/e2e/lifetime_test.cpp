// Quota, expiry with a moved clock, link data: what a queue holds, and for how long.
#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(Quota, OneMarkerTellsTheRecipientAndEmptyingOpensTheQueue) {
  InProcessServer server({"--quota=4"});
  const auto recipient = server.connect();
  const auto sender = server.connect();
  const auto queue = must(recipient->create_queue({.subscribe = false}));
  for (int round = 0; round < 2; ++round) {
    for (const auto* text : {"1", "2", "3", "4"}) EXPECT_TRUE(sender->send(queue, text));
    for (const auto* text : {"5", "6", "7"}) EXPECT_EQ(text_of(sender->send(queue, text)), "QUOTA");
    EXPECT_EQ(server.server().stored_messages(), 5U) << "four and one marker";
    if (round == 0) {
      ASSERT_TRUE(recipient->subscribe(queue));
    }
    for (const auto* text : {"1", "2", "3", "4"}) EXPECT_EQ(receive(*recipient, queue), text);
    EXPECT_EQ(text_of(sender->send(queue, "8")), "QUOTA") << "the marker was not acknowledged";
    EXPECT_EQ(receive(*recipient, queue), "<quota>");
    EXPECT_TRUE(sender->send(queue, "9"));
    EXPECT_EQ(receive(*recipient, queue), "9");
    EXPECT_EQ(server.server().stored_messages(), 0U);
  }
}

TEST(Quota, TheMarkerComesToALiveSubscriberToo) {
  InProcessServer server({"--ephemeral", "--quota=1"});
  const auto recipient = server.connect();
  const auto queue = must(recipient->create_queue());
  EXPECT_TRUE(recipient->send(queue, "1"));
  EXPECT_EQ(text_of(recipient->send(queue, "2")), "QUOTA");
  EXPECT_EQ(receive(*recipient, queue), "1");
  EXPECT_EQ(receive(*recipient, queue), "<quota>");
}

class Expiry : public testing::TestWithParam<std::vector<std::string>> {};
INSTANTIATE_TEST_SUITE_P(Stores, Expiry,
                         testing::Values(std::vector<std::string>{}, std::vector{std::string("--ephemeral")}),
                         [](const auto& tested) { return tested.param.empty() ? "disk" : "memory"; });

TEST_P(Expiry, RemovesWhatIsOlderThanTheLifetime) {
  auto flags = GetParam();
  flags.emplace_back("--message-lifetime=21d");
  InProcessServer server(flags);
  const auto recipient = server.connect();
  const auto sender = server.connect();
  const auto queue = must(recipient->create_queue({.subscribe = false}));
  ASSERT_TRUE(sender->send(queue, "old"));
  server.clock().advance(hours(20 * 24));
  ASSERT_TRUE(sender->send(queue, "young"));
  EXPECT_EQ(server.server().expire_now(), 0U);
  server.clock().advance(hours(24) + seconds(2));
  EXPECT_EQ(server.server().expire_now(), 1U);
  ASSERT_TRUE(recipient->subscribe(queue));
  EXPECT_EQ(receive(*recipient, queue), "young");
  EXPECT_EQ(recipient->pending_events(), 0U);
  EXPECT_EQ(metric(server, "smp_messages_expired_total"), 1);
}

TEST_P(Expiry, OpensAFullQueue) {
  auto flags = GetParam();
  flags.insert(flags.end(), {"--quota=2", "--message-lifetime=21d"});
  InProcessServer server(flags);
  const auto recipient = server.connect();
  const auto queue = must(recipient->create_queue({.subscribe = false}));
  for (const auto* text : {"1", "2"}) ASSERT_TRUE(recipient->send(queue, text));
  ASSERT_EQ(text_of(recipient->send(queue, "3")), "QUOTA");
  server.clock().advance(hours(22 * 24));
  EXPECT_EQ(server.server().expire_now(), 3U) << "the marker, too";
  EXPECT_TRUE(recipient->send(queue, "4"));
  ASSERT_TRUE(recipient->subscribe(queue));
  EXPECT_EQ(receive(*recipient, queue), "4");
}

TEST_P(Expiry, OnSendMakesRoom) {
  auto flags = GetParam();
  flags.insert(flags.end(), {"--quota=2", "--message-lifetime=21d", "--expire-on-send=true"});
  InProcessServer server(flags);
  const auto recipient = server.connect();
  const auto queue = must(recipient->create_queue({.subscribe = false}));
  for (const auto* text : {"1", "2"}) ASSERT_TRUE(recipient->send(queue, text));
  server.clock().advance(hours(22 * 24));
  EXPECT_TRUE(recipient->send(queue, "3"));
  ASSERT_TRUE(recipient->subscribe(queue));
  EXPECT_EQ(receive(*recipient, queue), "3");
}

TEST_P(Expiry, AnExpiredMessageThatWasDeliveredCanBeAcknowledged) {
  InProcessServer server(GetParam());
  const auto recipient = server.connect();
  const auto queue = must(recipient->create_queue());
  ASSERT_TRUE(recipient->send(queue, "old"));
  const auto old = must(recipient->next_message(queue));
  server.clock().advance(hours(22 * 24));
  ASSERT_EQ(server.server().expire_now(), 1U);
  ASSERT_TRUE(recipient->send(queue, "new"));
  ASSERT_TRUE(recipient->ack(queue, old));
  EXPECT_EQ(receive(*recipient, queue), "new") << "nothing is lost by it";
}

TEST(ExpiryOnStart, RemovesWhatBecameOldMeanwhile) {
  InProcessServer server;
  const QueueHandle queue = [&] {
    const auto recipient = server.connect();
    auto created = must(recipient->create_queue({.subscribe = false}));
    must(recipient->send(created, "old"));
    return created;
  }();
  server.clock().advance(hours(22 * 24));
  server.restart();
  EXPECT_EQ(server.server().expire_now(), 0U) << "the run at start, which was before this one, took it";
  const auto recipient = server.connect();
  EXPECT_FALSE(must(recipient->get(queue)));
  EXPECT_EQ(server.server().stored_messages(), 0U);
}

TEST(LinkData, LivesUntilTheInvitationIsUsed) {
  InProcessServer server;
  const auto inviter = server.connect();
  const Bytes fixed(2000, 'f');
  const Bytes user(10'000, 'u');
  auto queue = must(inviter->create_queue({.link = NewQueue::Link{fixed, user}}));
  server.restart();

  const auto invited = server.connect();
  const Request lkey{.key = &queue.sender_key,
                     .entity_id = queue.link_id->view(),
                     .command = smp::Lkey{queue.sender_key.public_key()}};
  const auto answer = must(invited->request(lkey));
  const auto* link = answer.get<smp::Lnk>();
  ASSERT_NE(link, nullptr) << text_of(answer);
  EXPECT_TRUE(equal(link->sender_id, queue.sender_id.view()));
  EXPECT_TRUE(equal(link->data.fixed, fixed));
  EXPECT_TRUE(equal(link->data.user, user));
  queue.secured = true;
  ASSERT_TRUE(invited->send(queue, "hello"));
  EXPECT_EQ(ask(*invited, lkey), "ERR AUTH");
  server.restart();
  EXPECT_EQ(ask(*server.connect(), lkey), "ERR AUTH");
}

TEST(LinkData, OfAnAddressStaysUntilItIsRemoved) {
  InProcessServer server;
  const auto owner = server.connect();
  const auto address = must(owner->create_queue({.mode = QueueMode::contact, .link = NewQueue::Link{{'f'}, {'u'}}}));
  const Request lget{.entity_id = address.link_id->view(), .command = smp::Lget{}};
  for (int visitor = 0; visitor < 3; ++visitor) {
    const auto client = server.connect();
    EXPECT_EQ(ask(*client, lget), "LNK");
    EXPECT_TRUE(client->send(address, "may I?"));
    EXPECT_EQ(receive(*owner, address), "may I?");
  }
  const Bytes changed(100, 'c');
  EXPECT_EQ(ask(*owner, address.by_recipient(smp::Lset{address.link_id->view(), {as_bytes("f"), changed}})), "OK");
  const auto answer = must(server.connect()->request(lget));
  EXPECT_TRUE(equal(answer.get<smp::Lnk>()->data.user, changed));
  EXPECT_EQ(ask(*owner, address.by_recipient(smp::Ldel{})), "OK");
  EXPECT_EQ(ask(*owner, lget), "ERR AUTH");
}

}  // namespace
}  // namespace sotto::test
