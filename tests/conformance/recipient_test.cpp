// Sections 7, 8 and 9: what recipients say, except links and notifiers.
#include <nlohmann/json.hpp>

#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

const Bytes kOtherId(kIdSize, 7);

class Section9Sub : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Sub, all_versions(), version_name);

TEST_P(Section9Sub, AnswersFirstAndDeliversTheMessageAfter) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  EXPECT_EQ(ask(*client, queue.sub()), sok());
  const auto sender = connect();
  ASSERT_TRUE(sender->send(queue, "live"));
  EXPECT_EQ(must(client->next_message(queue)).text(), "live");

  const auto later = connect();
  const auto request = queue.sub();
  const auto answer = must(later->request(request));
  EXPECT_EQ(text_of(answer), sok());
  EXPECT_TRUE(equal(answer.entity_id, queue.recipient_id.view()));
  const auto event = must(later->wait_event());
  EXPECT_EQ(text_of(event), "MSG");
  EXPECT_TRUE(event.corr_id.empty());
  EXPECT_TRUE(equal(event.entity_id, queue.recipient_id.view()));
}

TEST_P(Section9Sub, AgainOnTheSameConnectionDeliversAgain) {
  const auto queue = must(client->create_queue());
  ASSERT_TRUE(client->send(queue, "twice"));
  const auto first = must(client->next_message(queue));
  ASSERT_EQ(ask(*client, queue.sub()), sok());
  const auto second = must(client->next_message(queue));
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(second.text(), "twice");
  EXPECT_TRUE(client->ack(queue, second));
}

TEST_P(Section9Sub, OneMessageAtATime) {
  const auto queue = must(client->create_queue());
  const auto sender = connect();
  ASSERT_TRUE(sender->send(queue, "first"));
  ASSERT_TRUE(sender->send(queue, "second"));
  const auto first = must(client->next_message(queue));
  ASSERT_TRUE(client->ping());
  EXPECT_EQ(client->pending_events(), 0U) << "the first one is not acknowledged";
  ASSERT_TRUE(client->ack(queue, first));
  EXPECT_EQ(must(client->next_message(queue)).text(), "second");
}

TEST_P(Section9Sub, AfterGetIsProhibited) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_EQ(ask(*client, queue.get()), "OK");
  EXPECT_EQ(ask(*client, queue.sub()), "ERR CMD PROHIBITED");
  EXPECT_EQ(ask(*connect(), queue.sub()), sok()) << "another connection may";
}

class Section9Get : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Get, all_versions(), version_name);

TEST_P(Section9Get, AnswersWithTheMessageOrOkWhenEmpty) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  EXPECT_EQ(ask(*client, queue.get()), "OK");
  ASSERT_TRUE(client->send(queue, "fetched"));
  const auto message = must(client->get(queue));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text(), "fetched");
  EXPECT_EQ(must(client->get(queue))->id, message->id) << "it stays until it is acknowledged";
}

TEST_P(Section9Get, OnASubscribedQueueIsProhibited) {
  const auto queue = must(client->create_queue());
  EXPECT_EQ(ask(*client, queue.get()), "ERR CMD PROHIBITED");
}

TEST_P(Section9Get, ItsAckNeverBringsTheNextMessage) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_TRUE(client->send(queue, "one"));
  ASSERT_TRUE(client->send(queue, "two"));
  const auto one = must(client->get(queue));
  EXPECT_EQ(ask(*client, queue.ack(one->id)), "OK");
  EXPECT_EQ(must(client->get(queue))->text(), "two");
}

class Section9Ack : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section9Ack, all_versions(), version_name);

TEST_P(Section9Ack, AnswersOkOrTheNextMessage) {
  const auto queue = must(client->create_queue());
  ASSERT_TRUE(client->send(queue, "one"));
  ASSERT_TRUE(client->send(queue, "two"));
  const auto one = must(client->next_message(queue));
  const auto request = queue.ack(one.id);
  const auto answer = must(client->request(request));
  ASSERT_EQ(text_of(answer), "MSG");
  EXPECT_FALSE(answer.corr_id.empty());
  const auto two = must(queue.open(*answer.get<smp::Msg>()));
  EXPECT_EQ(two.text(), "two");
  EXPECT_EQ(ask(*client, queue.ack(two.id)), "OK");
}

TEST_P(Section9Ack, AnEmptyIdAcknowledgesWhatWasDelivered) {
  const auto queue = must(client->create_queue());
  ASSERT_TRUE(client->send(queue, "one"));
  must(client->next_message(queue));
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ack{})), "OK");
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ack{})), "ERR NO_MSG");
}

TEST_P(Section9Ack, AnotherIdOrNothingDeliveredIsNoMsg) {
  const auto queue = must(client->create_queue());
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ack{kOtherId})), "ERR NO_MSG");
  ASSERT_TRUE(client->send(queue, "one"));
  const auto one = must(client->next_message(queue));
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ack{kOtherId})), "ERR NO_MSG");
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Ack{ByteView(one.id.bytes).first(23)})), "ERR NO_MSG");
  EXPECT_EQ(ask(*client, queue.ack(one.id)), "OK");
  EXPECT_EQ(ask(*client, queue.ack(one.id)), "ERR NO_MSG") << "it is gone";
}

TEST_P(Section9Ack, OnAConnectionThatNeitherSubscribedNorFetchedIsNoMsg) {
  const auto queue = must(client->create_queue());
  ASSERT_TRUE(client->send(queue, "one"));
  const auto one = must(client->next_message(queue));
  EXPECT_EQ(ask(*connect(), queue.ack(one.id)), "ERR NO_MSG");
  EXPECT_EQ(ask(*client, queue.ack(one.id)), "OK");
}

class Section7Recipient : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section7Recipient, all_versions(), version_name);

TEST_P(Section7Recipient, KeySecuresOnce) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    if (kind == KeyKind::x25519 && version() < smp::kVersionAuthenticators) continue;
    auto queue = must(client->create_queue({.key_kind = kind}));
    EXPECT_EQ(ask(*client, queue.key()), "OK");
    EXPECT_EQ(ask(*client, queue.key()), "OK") << "the same key again";
    EXPECT_EQ(ask(*client, queue.by_recipient(smp::Key{new_key().public_key()})), "ERR AUTH");
    EXPECT_EQ(ask(*client, queue.send(as_bytes("no signature"))), "ERR AUTH");
    queue.secured = true;
    EXPECT_EQ(ask(*client, queue.send(as_bytes("signed"))), "OK");
  }
}

TEST_P(Section7Recipient, OffStopsSendersOnlyAndIsIdempotent) {
  const auto queue = must(client->create_queue());
  ASSERT_TRUE(client->send(queue, "before"));
  EXPECT_EQ(ask(*client, queue.off()), "OK");
  EXPECT_EQ(ask(*client, queue.off()), "OK");
  EXPECT_EQ(ask(*connect(), queue.send(as_bytes("after"))), "ERR AUTH");
  const auto message = must(client->next_message(queue));
  EXPECT_EQ(message.text(), "before");
  EXPECT_TRUE(client->ack(queue, message));
}

TEST_P(Section7Recipient, DelRemovesQueueAndMessages) {
  const auto queue = must(client->create_queue({.subscribe = false}));
  ASSERT_TRUE(client->send(queue, "lost"));
  EXPECT_EQ(ask(*client, queue.del()), "OK");
  EXPECT_EQ(ask(*client, queue.sub()), "ERR AUTH");
  EXPECT_EQ(ask(*client, queue.del()), "ERR AUTH");
  EXPECT_EQ(ask(*client, queue.send(as_bytes("late"))), "ERR AUTH");
  EXPECT_EQ(server.server().stored_queues(), 0U);
  EXPECT_EQ(server.server().stored_messages(), 0U);
}

TEST_P(Section7Recipient, DelTellsTheSubscriberOfAnotherConnection) {
  const auto queue = must(client->create_queue());
  EXPECT_EQ(ask(*connect(), queue.del()), "OK");
  const auto event = must(client->wait_event());
  EXPECT_EQ(text_of(event), deld());
  EXPECT_TRUE(event.corr_id.empty());
  EXPECT_TRUE(equal(event.entity_id, queue.recipient_id.view()));
}

TEST_P(Section7Recipient, QueAnswersInfo) {
  auto queue = must(client->create_queue());
  const auto info = [&](SyncClient& by) {
    const auto answer = must(by.request(queue.by_recipient(smp::Que{})));
    const auto* json = answer.get<smp::Info>();
    return json == nullptr ? nlohmann::json(text_of(answer)) : nlohmann::json::parse(as_text(json->json));
  };
  auto shown = info(*client);
  EXPECT_EQ(shown.at("qiSnd"), false);
  EXPECT_EQ(shown.at("qiNtf"), false);
  EXPECT_EQ(shown.at("qiSize"), 0);
  EXPECT_EQ(shown.at("qiSub").at("qSubThread"), "subThread");
  EXPECT_FALSE(shown.contains("qiMsg"));

  ASSERT_TRUE(client->secure_as_recipient(queue));
  ASSERT_TRUE(client->add_notifier(queue));
  ASSERT_TRUE(client->send(queue, "one"));
  ASSERT_TRUE(client->send(queue, "two"));
  const auto message = must(client->next_message(queue));
  const auto id = to_base64url(message.id.view());
  shown = info(*client);
  EXPECT_EQ(shown.at("qiSnd"), true);
  EXPECT_EQ(shown.at("qiNtf"), true);
  EXPECT_EQ(shown.at("qiSize"), 2);
  EXPECT_EQ(shown.at("qiSub").at("qDelivered"), id);
  EXPECT_EQ(shown.at("qiMsg").at("msgId"), id);
  EXPECT_EQ(shown.at("qiMsg").at("msgType"), "message");
  EXPECT_EQ(shown.at("qiMsg").at("msgTs").get<std::string>().size(), std::string_view("2024-01-01T00:00:00Z").size());

  client->close();
  const auto other = connect();
  ASSERT_TRUE(other->get(queue).ok());
  shown = info(*other);
  EXPECT_EQ(shown.at("qiSub").at("qSubThread"), "prohibitSub");
}

TEST_P(Section7Recipient, RkeyReplacesTheKeysOfContactQueues) {
  auto queue = must(client->create_queue({.mode = QueueMode::contact, .subscribe = false}));
  const auto first = new_key();
  const auto second = new_key(KeyKind::ed448);
  const auto rkey = queue.by_recipient(smp::Rkey{{first.public_key(), second.public_key()}});
  if (version() < smp::kVersionSenderSecure) {
    EXPECT_EQ(ask(*client, rkey), "ERR AUTH") << "no mode";
    return;
  }
  EXPECT_EQ(ask(*client, rkey), "OK");
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Que{})), "ERR AUTH") << "the former key";
  EXPECT_EQ(ask(*client, &first, queue.recipient_id.view(), smp::Que{}), "INFO");
  EXPECT_EQ(ask(*client, &second, queue.recipient_id.view(), smp::Que{}), "INFO");
}

TEST_P(Section7Recipient, RkeyOfMessagingQueuesIsAuth) {
  const auto queue = must(client->create_queue({.mode = QueueMode::messaging}));
  EXPECT_EQ(ask(*client, queue.by_recipient(smp::Rkey{{new_key().public_key()}})), "ERR AUTH");
  EXPECT_EQ(ask(*client, raw_request(std::string_view("RKEY \0", 6), &queue.recipient_key, queue.recipient_id.view())),
            "ERR CMD SYNTAX");
}

}  // namespace
}  // namespace sotto::test
