// Sections 7 and 8: what senders say.
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

class Section8Send : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section8Send, all_versions(), version_name);

TEST_P(Section8Send, AnswersOkWithItsIds) {
  const auto queue = must(client->create_queue());
  const auto request = queue.send(as_bytes("hello"));
  const auto answer = must(client->request(request));
  EXPECT_EQ(text_of(answer), "OK");
  EXPECT_EQ(answer.corr_id.size(), smp::kCorrIdSize);
  EXPECT_TRUE(equal(answer.entity_id, queue.sender_id.view()));
}

TEST_P(Section8Send, UnsecuredTakesNoAuthorization) {
  const auto queue = must(client->create_queue());
  const auto key = new_key();
  EXPECT_EQ(ask(*client, &key, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}), "ERR AUTH");
  EXPECT_EQ(ask(*client, queue.send(as_bytes("x"))), "OK");
}

TEST_P(Section8Send, SecuredTakesItsKeyOnly) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    if (kind == KeyKind::x25519 && version() < smp::kVersionAuthenticators) continue;
    auto queue = must(client->create_queue({.key_kind = kind}));
    ASSERT_TRUE(client->secure_as_recipient(queue));
    EXPECT_EQ(ask(*client, queue.send(as_bytes("right"))), "OK");
    const auto other = new_key(kind);
    EXPECT_EQ(ask(*client, &other, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}), "ERR AUTH");
    EXPECT_EQ(ask(*client, nullptr, queue.sender_id.view(), smp::Send{as_bytes("F"), as_bytes("x")}), "ERR AUTH");
  }
}

TEST_P(Section8Send, BodiesUpToTheLimitOfTheVersion) {
  auto queue = must(client->create_queue());
  ASSERT_TRUE(client->secure_as_recipient(queue));
  const std::string largest(smp::max_message_size(version()), 'x');
  EXPECT_EQ(ask(*client, queue.send(as_bytes(largest))), "OK");
  EXPECT_EQ(must(client->next_message(queue)).text(), largest);
  EXPECT_EQ(ask(*client, queue.send(as_bytes(largest + "x"))), "ERR LARGE_MSG");
  EXPECT_EQ(ask(*client, queue.send({})), "OK") << "an empty body is one";
}

TEST_P(Section8Send, FlagsEndAtTheSpaceAndTheFirstIsTOrF) {
  const auto queue = must(client->create_queue());
  for (const auto* flags : {"F", "T", "Fxyz", "T1"}) {
    EXPECT_EQ(ask(*client, queue.send(as_bytes("with spaces in it"), flags)), "OK") << flags;
    const auto message = must(client->next_message(queue));
    EXPECT_EQ(message.text(), "with spaces in it");
    EXPECT_EQ(message.flags().substr(0, 1), std::string_view(flags).substr(0, 1));
    ASSERT_TRUE(client->ack(queue, message));
  }
  for (const auto* text : {"SEND", "SEND ", "SEND F", "SEND X body", "SEND  body"}) {
    EXPECT_EQ(ask(*client, raw_request(text, nullptr, queue.sender_id.view())), "ERR CMD SYNTAX") << text;
  }
}

TEST_P(Section8Send, KeepsTheOrderWithinAndAcrossBlocks) {
  const auto queue = must(client->create_queue());
  std::vector<std::string> bodies;
  for (int i = 0; i < 60; ++i) bodies.push_back(std::string(600, 'a') + std::to_string(i));
  std::vector<Request> requests;
  requests.reserve(bodies.size());
  for (const auto& body : bodies) requests.push_back(queue.send(as_bytes(body)));
  const auto sender = connect();
  for (const auto& answer : must(sender->request(requests))) EXPECT_EQ(text_of(answer.value()), "OK");
  for (const auto& body : bodies) {
    const auto message = must(client->next_message(queue));
    ASSERT_EQ(message.text(), body);
    ASSERT_TRUE(client->ack(queue, message));
  }
}

class Section8Quota : public Conformance {
 protected:
  Section8Quota() : Conformance({"--quota=2"}) {}
};
INSTANTIATE_TEST_SUITE_P(Versions, Section8Quota, all_versions(), version_name);

TEST_P(Section8Quota, IsAnErrorUntilTheQueueWasEmptied) {
  const auto queue = must(client->create_queue());
  EXPECT_EQ(ask(*client, queue.send(as_bytes("1"))), "OK");
  EXPECT_EQ(ask(*client, queue.send(as_bytes("2"))), "OK");
  EXPECT_EQ(ask(*client, queue.send(as_bytes("3"))), "ERR QUOTA");
  const auto one = must(client->next_message(queue));
  ASSERT_TRUE(client->ack(queue, one));
  EXPECT_EQ(ask(*client, queue.send(as_bytes("4"))), "ERR QUOTA") << "there is room, but it is not empty";
  const auto two = must(client->next_message(queue));
  ASSERT_TRUE(client->ack(queue, two));
  const auto marker = must(client->next_message(queue));
  EXPECT_TRUE(marker.is_quota());
  EXPECT_EQ(ask(*client, queue.send(as_bytes("5"))), "ERR QUOTA") << "the marker is still in it";
  ASSERT_TRUE(client->ack(queue, marker));
  EXPECT_EQ(ask(*client, queue.send(as_bytes("6"))), "OK");
  EXPECT_EQ(must(client->next_message(queue)).text(), "6");
}

class Section8Skey : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section8Skey, versions_with_modes(), version_name);

TEST_P(Section8Skey, SecuresAMessagingQueueOnce) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    const auto queue = must(client->create_queue({.mode = QueueMode::messaging, .key_kind = kind}));
    EXPECT_EQ(ask(*client, queue.skey()), "OK");
    EXPECT_EQ(ask(*client, queue.skey()), "OK") << "the same key again";
    const auto other = new_key(kind);
    EXPECT_EQ(ask(*client, &other, queue.sender_id.view(), smp::Skey{other.public_key()}), "ERR AUTH");
    EXPECT_EQ(ask(*client, queue.key()), "OK") << "the recipient may set the same key";
  }
}

TEST_P(Section8Skey, IsAuthorizedWithTheVeryKeyGiven) {
  const auto queue = must(client->create_queue({.mode = QueueMode::messaging}));
  const auto other = new_key();
  EXPECT_EQ(ask(*client, &other, queue.sender_id.view(), smp::Skey{queue.sender_key.public_key()}), "ERR AUTH");
  EXPECT_EQ(ask(*client, queue.skey()), "OK") << "it was not secured by that";
}

TEST_P(Section8Skey, OfAContactQueueIsAuth) {
  const auto queue = must(client->create_queue({.mode = QueueMode::contact}));
  EXPECT_EQ(ask(*client, queue.skey()), "ERR AUTH");
}

// Versions before 9 make queues without mode, whichever version the sender speaks.
TEST(Section8SkeyWithoutMode, IsAuth) {
  InProcessServer server({"--ephemeral"});
  const auto recipient = server.connect(8);
  const auto queue = must(recipient->create_queue());
  EXPECT_EQ(ask(*server.connect(20), queue.skey()), "ERR AUTH");
  EXPECT_EQ(ask(*recipient, queue.skey()), "ERR AUTH");
}

}  // namespace
}  // namespace sotto::test
