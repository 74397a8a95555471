#include "libs/smp-client/queue_handle.hpp"

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"

namespace sotto::client {
namespace {

Received received(smp::Response response) {
  return {.memory = nullptr, .corr_id = {}, .entity_id = {}, .text = {}, .response = std::move(response)};
}

class QueueHandleTest : public testing::Test {
 protected:
  [[nodiscard]] smp::Ids ids() const {
    return {.recipient_id = recipient_id_.view(),
            .sender_id = sender_id_.view(),
            .server_dh_key = server_key_.public_key(),
            .mode = smp::QueueMode::messaging,
            .link_id = std::nullopt,
            .service_id = std::nullopt,
            .notifier = std::nullopt};
  }
  [[nodiscard]] crypto::BoxKey server_secret(const QueueDraft& draft) const {
    const auto request = draft.request();
    const auto& command = std::get<smp::New>(request.command);
    return crypto::BoxKey::from_raw(*crypto::dh(command.recipient_dh_key, server_key_));
  }

  RecipientId recipient_id_ = crypto::random_id<RecipientId>();
  SenderId sender_id_ = crypto::random_id<SenderId>();
  crypto::PrivateKey server_key_ = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
};

TEST_F(QueueHandleTest, OpensWhatTheServerEncryptsForIt) {
  QueueDraft draft({});
  const auto queue = draft.finish(received(ids()));
  ASSERT_TRUE(queue.ok());
  const auto id = crypto::random_id<MessageId>();
  Bytes body;
  smp::encrypt_message(server_secret(draft), id, 1'700'000'000, as_bytes("T"), as_bytes("hello"), body);
  const auto message = queue->open({id.view(), body});
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->text(), "hello");
  EXPECT_EQ(message->flags(), "T");
  EXPECT_FALSE(message->is_quota());
}

TEST_F(QueueHandleTest, TellsTheQuotaMarkerFromAMessage) {
  QueueDraft draft({});
  const auto queue = draft.finish(received(ids()));
  const auto id = crypto::random_id<MessageId>();
  Bytes body;
  smp::encrypt_quota_marker(server_secret(draft), id, 1'700'000'000, body);
  const auto message = queue->open({id.view(), body});
  ASSERT_TRUE(message.ok());
  EXPECT_TRUE(message->is_quota());
  EXPECT_EQ(message->text(), "");
}

TEST_F(QueueHandleTest, RefusesAMessageOfAnotherQueue) {
  QueueDraft draft({});
  QueueDraft other({});
  const auto queue = draft.finish(received(ids()));
  const auto id = crypto::random_id<MessageId>();
  Bytes body;
  smp::encrypt_message(server_secret(other), id, 1'700'000'000, as_bytes("F"), as_bytes("hello"), body);
  EXPECT_FALSE(queue->open({id.view(), body}).ok());
}

TEST_F(QueueHandleTest, CarriesTheErrorOfTheServer) {
  QueueDraft draft({});
  const auto queue = draft.finish(received(smp::Err{smp::SimpleError::auth}));
  ASSERT_FALSE(queue.ok());
  EXPECT_EQ(queue.error().code, ErrorCode::unauthenticated);
  EXPECT_EQ(queue.error().message, "AUTH");
}

TEST_F(QueueHandleTest, RefusesAnIdOfAnotherSize) {
  QueueDraft draft({});
  auto bad = ids();
  bad.recipient_id = bad.recipient_id.first(23);
  const auto queue = draft.finish(received(bad));
  ASSERT_FALSE(queue.ok());
  EXPECT_EQ(queue.error().code, ErrorCode::protocol);
}

TEST_F(QueueHandleTest, ASenderIdOfALinkFollowsFromTheCorrelationId) {
  const QueueDraft draft({.mode = smp::QueueMode::contact, .link = NewQueue::Link{Bytes{1}, Bytes{2}}});
  const auto request = draft.request();
  const auto& command = std::get<smp::New>(request.command);
  const auto& contact = std::get<smp::ContactRequest>(command.request);
  ASSERT_TRUE(contact.link.has_value());
  const auto expected = smp::client_sender_id(*request.corr_id);
  EXPECT_TRUE(equal(contact.link->sender_id, expected));
}

TEST_F(QueueHandleTest, AuthorizesSendsOnceTheQueueIsSecured) {
  QueueDraft draft({});
  auto queue = *draft.finish(received(ids()));
  EXPECT_EQ(queue.send(as_bytes("x")).key, nullptr);
  queue.secured = true;
  EXPECT_EQ(queue.send(as_bytes("x")).key, &queue.sender_key);
}

}  // namespace
}  // namespace sotto::client
