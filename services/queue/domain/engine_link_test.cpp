// LSET, LDEL, LGET, and what a SEND does to link data: docs/wire.md section 8.
#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

class EngineLinks : public EngineFixture {
 protected:
  backend::SetLink set_link() { return {.link_id = values_.id<LinkId>(), .link = values_.link()}; }
  QueueRecord secured(QueueMode mode) {
    return queue(mode, [this](QueueRecord& record) { record.sender_key = values_.key(); });
  }
};

TEST_F(EngineLinks, SetLinkByModeAndKey) {
  EXPECT_EQ(outcome_of(queue(QueueMode::messaging), set_link()), Outcome::ok);
  EXPECT_EQ(outcome_of(secured(QueueMode::messaging), set_link()), Outcome::refused);
  EXPECT_EQ(outcome_of(queue(QueueMode::contact), set_link()), Outcome::ok);
  EXPECT_EQ(outcome_of(secured(QueueMode::contact), set_link()), Outcome::ok);
  EXPECT_EQ(outcome_of(queue(QueueMode::none), set_link()), Outcome::ok);
  EXPECT_EQ(outcome_of(secured(QueueMode::none), set_link()), Outcome::refused);
}

TEST_F(EngineLinks, FirstSetLinkChangesTheRecord) {
  const QueueRecord record = queue(QueueMode::contact);
  const auto action = set_link();
  const OperationResult result = run(kAlice, record, action);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->link_id, action.link_id);
  EXPECT_EQ(result.record->version, 2U);
  EXPECT_EQ(stored_link(record), action.link);
  EXPECT_EQ(resolved(Role::link, action.link_id.view()), record.recipient_id);
}

TEST_F(EngineLinks, OnlyTheUserPartCanBeSetAgain) {
  const QueueRecord record = queue(QueueMode::contact);
  auto action = set_link();
  ASSERT_EQ(outcome_of(record, action), Outcome::ok);
  const LinkBlob first = action.link;

  auto another_fixed = action;
  another_fixed.link.fixed = values_.bytes(300);
  EXPECT_EQ(outcome_of(record, another_fixed), Outcome::refused);
  auto another_id = action;
  another_id.link_id = values_.id<LinkId>();
  EXPECT_EQ(outcome_of(record, another_id), Outcome::refused);
  EXPECT_EQ(stored_link(record), first);

  action.link.user = values_.bytes(10);
  EXPECT_EQ(outcome_of(record, action), Outcome::ok);
  EXPECT_EQ(stored_link(record), action.link);
  EXPECT_EQ(stored(record)->version, 2U);
}

TEST_F(EngineLinks, LinkIdOfAnotherQueueIsRefused) {
  const QueueRecord other = linked_queue(QueueMode::contact);
  const QueueRecord record = queue(QueueMode::contact);
  EXPECT_EQ(outcome_of(record, backend::SetLink{.link_id = *other.link_id, .link = values_.link()}), Outcome::refused);
  EXPECT_EQ(stored_link(record), std::nullopt);
}

TEST_F(EngineLinks, DeleteLinkIsIdempotentAndFreesTheId) {
  const QueueRecord record = linked_queue(QueueMode::contact);
  const OperationResult result = run(kAlice, record, backend::DeleteLink{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->link_id, std::nullopt);
  EXPECT_EQ(result.record->version, 2U);
  EXPECT_EQ(stored_link(record), std::nullopt);
  EXPECT_EQ(resolved(Role::link, record.link_id->view()), std::nullopt);

  EXPECT_EQ(outcome_of(record, backend::DeleteLink{}), Outcome::ok);
  EXPECT_EQ(stored(record)->version, 2U);
  EXPECT_EQ(outcome_of(record, backend::SetLink{.link_id = *record.link_id, .link = values_.link()}), Outcome::ok);
}

TEST_F(EngineLinks, GetLinkByModeAndKey) {
  const auto linked = [this](QueueMode mode, bool with_key) {
    return queue(mode, [&](QueueRecord& record) {
      record.link_id = values_.id<LinkId>();
      if (with_key) record.sender_key = values_.key();
    });
  };
  EXPECT_EQ(outcome_of(linked(QueueMode::contact, false), backend::GetLink{}), Outcome::ok);
  EXPECT_EQ(outcome_of(linked(QueueMode::contact, true), backend::GetLink{}), Outcome::ok);
  EXPECT_EQ(outcome_of(linked(QueueMode::none, false), backend::GetLink{}), Outcome::ok);
  EXPECT_EQ(outcome_of(linked(QueueMode::none, true), backend::GetLink{}), Outcome::refused);
  EXPECT_EQ(outcome_of(linked(QueueMode::messaging, false), backend::GetLink{}), Outcome::refused);
  EXPECT_EQ(outcome_of(queue(QueueMode::contact), backend::GetLink{}), Outcome::refused);
}

TEST_F(EngineLinks, GetLinkAnswersTheLink) {
  const QueueRecord record = linked_queue(QueueMode::contact);
  const OperationResult result = run(kBob, record, backend::GetLink{});
  ASSERT_TRUE(result.link.has_value());
  EXPECT_EQ(result.link, stored_link(record));
}

TEST_F(EngineLinks, FirstSendToASecuredMessagingQueueDeletesTheLink) {
  const QueueRecord record = linked_queue(QueueMode::messaging);
  EXPECT_EQ(send(record, values_.message()), Outcome::ok);
  EXPECT_TRUE(stored_link(record).has_value()) << "the queue was not secured yet";
  ASSERT_EQ(outcome_of(record, backend::Secure{.key = values_.key(), .by_sender = true}), Outcome::ok);

  const OperationResult result = run(kBob, record, backend::Append{.message = values_.message(), .notification = {}});
  EXPECT_EQ(result.outcome, Outcome::ok);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->link_id, std::nullopt);
  EXPECT_EQ(result.record->version, 3U);
  EXPECT_EQ(stored_link(record), std::nullopt);
  EXPECT_EQ(state(record).messages, 2U);

  const OperationResult next = run(kBob, record, backend::Append{.message = values_.message(), .notification = {}});
  EXPECT_EQ(next.outcome, Outcome::ok);
  EXPECT_EQ(next.record, nullptr);
}

TEST_F(EngineLinks, SendToASecuredContactQueueKeepsTheLink) {
  const QueueRecord record = linked_queue(QueueMode::contact);
  ASSERT_EQ(outcome_of(record, backend::Secure{.key = values_.key()}), Outcome::ok);
  EXPECT_EQ(send(record, values_.message()), Outcome::ok);
  EXPECT_TRUE(stored_link(record).has_value());
}

}  // namespace
}  // namespace sotto::queue
