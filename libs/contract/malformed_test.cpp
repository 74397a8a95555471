// What another program sends may be anything: an error that names the part, and never a crash or a half-read value.
#include <functional>

#include <gtest/gtest.h>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"
#include "libs/contract/test_contract.hpp"
#include "libs/crypto/random.hpp"

namespace sotto::contract {
namespace {

class Malformed : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  // An operation that is right, but for what `spoil` does to it.
  void expect_refused(const backend::Action& action, const std::function<void(queue::Operation&)>& spoil,
                      std::string_view part) {
    queue::Operation message;
    to_proto({.queue = values_.id<RecipientId>(), .version = 1, .action = action}, message);
    ASSERT_TRUE(from_proto(message).ok());
    spoil(message);
    const auto result = from_proto(message);
    ASSERT_FALSE(result.ok()) << part;
    EXPECT_EQ(result.error().code, ErrorCode::protocol);
    EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
  }
  backend::Create create() { return {.record = values_.record(), .link = std::nullopt, .subscribe = false}; }

  ::sotto::queue::TestValues values_;
};

TEST_F(Malformed, IdsOfAnotherSize) {
  for (const std::size_t size : {0U, 23U, 25U, 1000U}) {
    const std::string id(size, 'x');
    expect_refused(
        backend::Suspend{}, [&](auto& m) { m.set_queue(id); }, "a recipient id of another size");
    expect_refused(
        backend::Find{}, [&](auto& m) { m.mutable_find()->mutable_id()->set_id(id); }, "an id of another");
    expect_refused(
        backend::Ack{}, [&](auto& m) { m.mutable_ack()->set_message_id(id); }, "a message id");
    expect_refused(
        backend::SetLink{}, [&](auto& m) { m.mutable_set_link()->set_link_id(id); }, "a link id");
    expect_refused(
        create(), [&](auto& m) { m.mutable_create()->mutable_record()->set_sender_id(id); }, "a sender id");
    expect_refused(
        create(), [&](auto& m) { m.mutable_create()->mutable_record()->set_link_id(id); }, "a link id");
    expect_refused(
        backend::SetNotifier{values_.notifier()},
        [&](auto& m) { m.mutable_set_notifier()->mutable_notifier()->set_id(id); }, "a notifier id");
    expect_refused(
        backend::Append{values_.message(), values_.notification()},
        [&](auto& m) { m.mutable_append()->mutable_notification()->set_nonce(id); }, "a nonce");
  }
}

TEST_F(Malformed, KeysThatAreNone) {
  const backend::Secure secure{values_.key(), false, false};
  expect_refused(
      secure, [](auto& m) { m.mutable_secure()->clear_key(); }, "a kind of key");
  expect_refused(
      secure, [](auto& m) { m.mutable_secure()->mutable_key()->set_kind(static_cast<queue::KeyKind>(77)); },
      "a kind of key");
  expect_refused(
      secure, [](auto& m) { m.mutable_secure()->mutable_key()->set_raw("short"); }, "a public key of the wrong size");
  expect_refused(
      secure, [](auto& m) { m.mutable_secure()->mutable_key()->set_kind(queue::KEY_KIND_ED448); },
      "a public key of the wrong size");
  expect_refused(
      backend::SetRecipientKeys{{values_.key()}}, [](auto& m) { m.mutable_set_recipient_keys()->clear_keys(); },
      "recipient keys that are none");
  expect_refused(
      create(), [](auto& m) { m.mutable_create()->mutable_record()->clear_recipient_keys(); }, "without recipient key");
  expect_refused(
      create(), [](auto& m) { m.mutable_create()->mutable_record()->set_recipient_box_key("33 bytes"); }, "a box key");
}

TEST_F(Malformed, NumbersOfNewerVersions) {
  const auto record = [](queue::Operation& m) { return m.mutable_create()->mutable_record(); };
  expect_refused(
      create(), [&](auto& m) { record(m)->set_mode(static_cast<queue::QueueMode>(9)); }, "a queue mode");
  expect_refused(
      create(), [&](auto& m) { record(m)->set_status(static_cast<queue::QueueStatus>(9)); }, "a queue status");
  expect_refused(
      create(), [&](auto& m) { record(m)->mutable_blocking()->set_reason(static_cast<queue::BlockingReason>(9)); },
      "a reason of blocking");
  expect_refused(
      backend::Append{values_.message(), std::nullopt},
      [](auto& m) { m.mutable_append()->mutable_message()->set_kind(static_cast<queue::MessageKind>(9)); },
      "a kind of message");
  expect_refused(
      backend::Find{}, [](auto& m) { m.mutable_find()->mutable_id()->set_role(common::ROLE_UNSPECIFIED); }, "a role");
}

TEST_F(Malformed, AnActionThatIsNotKnown) {
  queue::Operation message;
  EXPECT_FALSE(from_proto(message).ok());
  // Field 99 of a newer version.
  ASSERT_TRUE(message.ParseFromString(std::string("\x9a\x06\x00", 3)));
  EXPECT_FALSE(from_proto(message).ok());
}

TEST_F(Malformed, AnOutcomeThatIsNotKnownIsUnavailable) {
  queue::OperationResult message;
  message.set_outcome(static_cast<queue::Outcome>(55));
  EXPECT_EQ(from_proto(message)->outcome, backend::Outcome::unavailable);
  message.set_outcome(queue::OUTCOME_UNSPECIFIED);
  EXPECT_EQ(from_proto(message)->outcome, backend::Outcome::unavailable);
}

// The gateway would go on with the record.
TEST_F(Malformed, StaleAndBlockedWithoutARecord) {
  for (const auto outcome : {queue::OUTCOME_STALE, queue::OUTCOME_BLOCKED}) {
    queue::OperationResult message;
    message.set_outcome(outcome);
    const auto result = from_proto(message);
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("record"), std::string::npos);
    to_proto(values_.record(), *message.mutable_record());
    EXPECT_TRUE(from_proto(message).ok());
  }
}

TEST_F(Malformed, AnEventThatIsNotKnownIsIgnored) {
  queue::Event message;
  const auto event = from_proto(message);
  ASSERT_TRUE(event.ok());
  EXPECT_FALSE(event->has_value());
  message.mutable_message_ready()->set_queue("too short");
  EXPECT_FALSE(from_proto(message).ok());
}

TEST_F(Malformed, BlockedWithoutQueueOrWithAReasonThatIsNotKnown) {
  queue::Event message;
  to_proto(1, backend::Blocked{.queue = values_.id<RecipientId>(), .blocking = {}}, message);
  ASSERT_TRUE(from_proto(message).ok());
  message.mutable_blocked()->mutable_blocking()->set_reason(static_cast<queue::BlockingReason>(9));
  EXPECT_FALSE(from_proto(message).ok());
  message.mutable_blocked()->clear_blocking();
  EXPECT_TRUE(from_proto(message).ok());
  message.mutable_blocked()->set_queue("too short");
  EXPECT_FALSE(from_proto(message).ok());
}

// Every beginning of the bytes, and every byte changed: whatever protobuf reads is read or refused.
TEST_F(Malformed, TruncatedAndFlippedBytes) {
  RandomValues random(7);
  std::size_t refused = 0;
  const auto read = [&](const std::string& bytes) {
    queue::Operation operation;
    if (operation.ParseFromString(bytes) && !from_proto(operation)) ++refused;
    queue::OperationResult result;
    if (result.ParseFromString(bytes) && !from_proto(result)) ++refused;
    queue::Event event;
    if (event.ParseFromString(bytes) && !from_proto(event)) ++refused;
  };
  for (const auto& action : random.actions()) {
    queue::Operation message;
    to_proto({.queue = random.values().id<RecipientId>(), .version = 3, .action = action}, message);
    const auto bytes = message.SerializeAsString();
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 400); ++i) {
      read(bytes.substr(0, i));
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ static_cast<char>(1 + random.below(255)));
      read(flipped);
    }
  }
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace sotto::contract
