// Section 7: NEW in all its forms.
#include "tests/conformance/conformance_test.hpp"

namespace sotto::test {
namespace {

// The IDS that a draft gets, or nothing; keeps what it views.
class Created {
 public:
  Created(SyncClient& client, const client::QueueDraft& draft) : answer_(must(client.request(draft.request()))) {}
  [[nodiscard]] const smp::Ids* ids() const { return answer_.get<smp::Ids>(); }
  [[nodiscard]] const client::Received& answer() const { return answer_; }

 private:
  client::Received answer_;
};

class Section7New : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section7New, all_versions(), version_name);

TEST_P(Section7New, AnswersIdsInTheFormOfTheVersion) {
  const client::QueueDraft draft({.mode = QueueMode::messaging});
  const Created created(*client, draft);
  ASSERT_NE(created.ids(), nullptr) << text_of(created.answer());
  const auto& ids = *created.ids();
  EXPECT_EQ(ids.recipient_id.size(), kIdSize);
  EXPECT_EQ(ids.sender_id.size(), kIdSize);
  EXPECT_FALSE(equal(ids.recipient_id, ids.sender_id));
  EXPECT_EQ(ids.server_dh_key.kind(), KeyKind::x25519);
  EXPECT_EQ(ids.mode.has_value(), version() >= smp::kVersionSenderSecure);
  EXPECT_FALSE(ids.link_id || ids.service_id || ids.notifier);
}

TEST_P(Section7New, AnswersWithTheCorrelationIdAndNoEntityId) {
  const client::QueueDraft draft({});
  const auto request = draft.request();
  const auto answer = must(client->request(request));
  EXPECT_TRUE(equal(answer.corr_id, *request.corr_id));
  EXPECT_TRUE(answer.entity_id.empty());
}

TEST_P(Section7New, SubscribesAtOnceOrOnlyCreates) {
  const auto subscribed = must(client->create_queue({.subscribe = true}));
  const auto created = must(client->create_queue({.subscribe = false}));
  const auto sender = connect();
  ASSERT_TRUE(sender->send(created, "waits"));
  ASSERT_TRUE(sender->send(subscribed, "delivered"));
  EXPECT_EQ(must(client->next_message(subscribed)).text(), "delivered");
  EXPECT_EQ(client->pending_events(), 0U);
  ASSERT_TRUE(client->subscribe(created));
  EXPECT_EQ(must(client->next_message(created)).text(), "waits");
}

TEST_P(Section7New, TakesRecipientKeysOfEveryKind) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    // Authenticators need the session keys of version 7.
    if (kind == KeyKind::x25519 && version() < smp::kVersionAuthenticators) continue;
    const auto queue = must(client->create_queue({.subscribe = false, .key_kind = kind}));
    EXPECT_EQ(ask(*client, queue.sub()), sok());
  }
}

TEST_P(Section7New, IsVerifiedWithTheKeyInTheCommand) {
  const client::QueueDraft draft({});
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448}) {
    const auto other = new_key(kind);
    auto request = draft.request();
    request.key = &other;
    EXPECT_EQ(ask(*client, request), "ERR AUTH");
  }
}

TEST_P(Section7New, ParametersThatDoNotParseAreASyntaxError) {
  const auto key = new_key();
  Bytes text;
  smp::encode(client::QueueDraft({}).request().command, version(), text);
  for (const auto size : {std::size_t{3}, std::size_t{4}, std::size_t{40}, text.size() - 1}) {
    EXPECT_EQ(ask(*client, raw_request(as_text(text).substr(0, size), &key)), "ERR CMD SYNTAX") << size;
  }
  const auto longer = std::string(as_text(text)) + "x";
  EXPECT_EQ(ask(*client, raw_request(longer, &key)), "ERR CMD SYNTAX");
}

// --- who may create queues

class Section7NewPassword : public Conformance {
 protected:
  Section7NewPassword() : Conformance({}, {"SOTTO_PASSWORD=correct-horse"}) {}
};
INSTANTIATE_TEST_SUITE_P(Versions, Section7NewPassword, all_versions(), version_name);

TEST_P(Section7NewPassword, WrongOrMissingIsAuth) {
  EXPECT_TRUE(client->create_queue({.password = SecretString("correct-horse")}).ok());
  for (const auto* wrong : {"correct-hors", "correct-horse1", "CORRECT-HORSE", "x"}) {
    EXPECT_EQ(ask(*client, client::QueueDraft({.password = SecretString(wrong)}).request()), "ERR AUTH") << wrong;
  }
  EXPECT_EQ(ask(*client, client::QueueDraft({}).request()), "ERR AUTH");
}

class Section7NewQueuesOff : public Conformance {
 protected:
  Section7NewQueuesOff() : Conformance({"--new-queues=false"}, {"SOTTO_PASSWORD=correct-horse"}) {}
};
INSTANTIATE_TEST_SUITE_P(Versions, Section7NewQueuesOff, all_versions(), version_name);

TEST_P(Section7NewQueuesOff, IsAuthWithAnyPassword) {
  EXPECT_EQ(ask(*client, client::QueueDraft({}).request()), "ERR AUTH");
  EXPECT_EQ(ask(*client, client::QueueDraft({.password = SecretString("correct-horse")}).request()), "ERR AUTH");
}

// --- modes and links (v15+)

class Section7NewLinks : public Conformance {
 protected:
  static NewQueue with_link(std::optional<QueueMode> mode) {
    return {.mode = mode, .link = NewQueue::Link{to_bytes(as_bytes("fixed")), to_bytes(as_bytes("user"))}};
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, Section7NewLinks, versions_with_links(), version_name);

TEST_P(Section7NewLinks, WithoutQueueDataMakesAQueueWithoutMode) {
  const Created created(*client, client::QueueDraft({.mode = std::nullopt}));
  ASSERT_NE(created.ids(), nullptr);
  EXPECT_FALSE(created.ids()->mode);
}

TEST_P(Section7NewLinks, MessagingLinkGetsItsIdFromTheServer) {
  const client::QueueDraft draft(with_link(QueueMode::messaging));
  const Created created(*client, draft);
  ASSERT_NE(created.ids(), nullptr);
  EXPECT_EQ(created.ids()->mode, QueueMode::messaging);
  ASSERT_TRUE(created.ids()->link_id);
  EXPECT_EQ(created.ids()->link_id->size(), kIdSize);
}

TEST_P(Section7NewLinks, ClientsChooseSenderIdsByTheirCorrelationId) {
  for (const auto mode : {QueueMode::messaging, QueueMode::contact}) {
    const client::QueueDraft draft(with_link(mode));
    const auto request = draft.request();
    const auto answer = must(client->request(request));
    ASSERT_NE(answer.get<smp::Ids>(), nullptr) << text_of(answer);
    EXPECT_TRUE(equal(answer.get<smp::Ids>()->sender_id, smp::client_sender_id(*request.corr_id)));
  }
}

TEST_P(Section7NewLinks, AnotherSenderIdIsProhibited) {
  for (const auto mode : {QueueMode::messaging, QueueMode::contact}) {
    const client::QueueDraft draft(with_link(mode));
    auto request = draft.request();
    const auto other = crypto::random_nonce();
    request.corr_id = other;
    EXPECT_EQ(ask(*client, request), "ERR CMD PROHIBITED");
  }
}

TEST_P(Section7NewLinks, ContactLinkKeepsTheIdOfTheClient) {
  const client::QueueDraft draft(with_link(QueueMode::contact));
  const auto request = draft.request();
  const auto& asked = std::get<smp::ContactRequest>(std::get<smp::New>(request.command).request);
  const auto answer = must(client->request(request));
  ASSERT_NE(answer.get<smp::Ids>(), nullptr) << text_of(answer);
  ASSERT_TRUE(answer.get<smp::Ids>()->link_id);
  EXPECT_TRUE(equal(*answer.get<smp::Ids>()->link_id, asked.link->link_id));
}

TEST_P(Section7NewLinks, IdsThatExistAreAuth) {
  for (const auto mode : {QueueMode::messaging, QueueMode::contact}) {
    const client::QueueDraft draft(with_link(mode));
    ASSERT_EQ(ask(*client, draft.request()), "IDS");
    EXPECT_EQ(ask(*client, draft.request()), "ERR AUTH") << "the sender id is taken";
  }
  const auto first = must(client->create_queue(with_link(QueueMode::contact)));
  const client::QueueDraft second(with_link(QueueMode::contact));
  auto request = second.request();
  std::get<smp::ContactRequest>(std::get<smp::New>(request.command).request).link->link_id = first.link_id->view();
  EXPECT_EQ(ask(*client, request), "ERR AUTH") << "the link id is taken";
}

// --- notifier credentials (v17+)

class Section7NewNotifier : public Conformance {};
INSTANTIATE_TEST_SUITE_P(Versions, Section7NewNotifier, testing::Values<smp::Version>(17, 18, 19, 20), version_name);

TEST_P(Section7NewNotifier, AreMadeWithTheQueue) {
  for (const auto kind : {KeyKind::ed25519, KeyKind::ed448, KeyKind::x25519}) {
    const auto queue = must(client->create_queue({.key_kind = kind, .notifier = true}));
    ASSERT_TRUE(queue.notifier);
    const auto notifier = connect();
    ASSERT_EQ(ask(*notifier, queue.notifier->nsub()), sok());
    ASSERT_TRUE(connect()->send(queue, "ding", "T"));
    const auto message = must(client->next_message(queue));
    EXPECT_TRUE(equal(must(notifier->next_notification(queue)).message_id, message.id.view()));
  }
}

}  // namespace
}  // namespace sotto::test
