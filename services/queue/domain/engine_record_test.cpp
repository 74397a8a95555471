// The engine's checks that come before every action, and the actions on records: docs/wire.md section 8.
#include <functional>
#include <string>

#include "services/queue/domain/engine_fixture.hpp"

namespace sotto::queue {
namespace {

class EngineRecords : public EngineFixture {
 protected:
  struct NamedAction {
    std::string name;
    backend::Action action;
  };
  // Every action on a queue, that is all but Find and Create.
  std::vector<NamedAction> all_actions() {
    return {{"Secure", backend::Secure{.key = values_.key()}},
            {"SetRecipientKeys", backend::SetRecipientKeys{.keys = {values_.key()}}},
            {"SetLink", backend::SetLink{.link_id = values_.id<LinkId>(), .link = values_.link()}},
            {"DeleteLink", backend::DeleteLink{}},
            {"GetLink", backend::GetLink{}},
            {"SetNotifier", backend::SetNotifier{.notifier = values_.notifier()}},
            {"DeleteNotifier", backend::DeleteNotifier{}},
            {"Suspend", backend::Suspend{}},
            {"Delete", backend::Delete{}},
            {"Subscribe", backend::Subscribe{}},
            {"Fetch", backend::Fetch{}},
            {"Ack", backend::Ack{.message_id = values_.id<MessageId>(), .then_next = true}},
            {"Append", backend::Append{.message = values_.message(), .notification = std::nullopt}},
            {"Inspect", backend::Inspect{}},
            {"SubscribeNotifier", backend::SubscribeNotifier{}}};
  }
  void expect_nothing_done(const QueueRecord& record) {
    EXPECT_TRUE(*stored(record) == record);
    EXPECT_EQ(state(record), QueueState{});
    EXPECT_EQ(stored_link(record), std::nullopt);
    EXPECT_EQ(directory_.subscriptions(), 0U);
    EXPECT_TRUE(effects_.empty());
  }
  QueueRecord blocked_queue() {
    return queue(QueueMode::contact, [this](QueueRecord& record) {
      record.status = QueueStatus::blocked;
      record.blocking = {.reason = backend::BlockingReason::content, .notice_json = "{}"};
      record.notifier = values_.notifier();
    });
  }
};

// ---- checks

TEST_F(EngineRecords, UnknownQueueIsGone) {
  const QueueRecord never = values_.record();
  for (const auto& [name, action] : all_actions()) EXPECT_EQ(outcome_of(never, action), Outcome::gone) << name;
}

TEST_F(EngineRecords, AnotherVersionIsStaleAndChangesNothing) {
  const QueueRecord record = queue(QueueMode::contact, [](QueueRecord& r) { r.version = 7; });
  for (const auto& [name, action] : all_actions()) {
    for (const std::uint64_t version : {6U, 8U}) {
      const OperationResult result = run_at(kAlice, record, version, action);
      EXPECT_EQ(result.outcome, Outcome::stale) << name;
      ASSERT_NE(result.record, nullptr) << name;
      EXPECT_TRUE(*result.record == record) << name;
      expect_nothing_done(record);
    }
  }
}

TEST_F(EngineRecords, BlockedQueueRefusesEveryActionAndSaysWhy) {
  const QueueRecord record = blocked_queue();
  for (const auto& [name, action] : all_actions()) {
    const OperationResult result = run(kAlice, record, action);
    EXPECT_EQ(result.outcome, Outcome::blocked) << name;
    ASSERT_NE(result.record, nullptr) << name;
    EXPECT_TRUE(result.record->blocking == record.blocking) << name;
    expect_nothing_done(record);
  }
}

TEST_F(EngineRecords, StaleComesBeforeBlocked) {
  const QueueRecord record = blocked_queue();
  EXPECT_EQ(run_at(kAlice, record, 99, backend::Subscribe{}).outcome, Outcome::stale);
}

TEST_F(EngineRecords, OperationOfABatchSeesWhatItsPredecessorsDid) {
  const QueueRecord record = values_.record();
  const auto outcome = execute(
      kAlice, {{.queue = {}, .version = 0, .action = backend::Create{.record = record, .link = {}, .subscribe = true}},
               {.queue = record.recipient_id, .version = 1, .action = backend::Secure{.key = values_.key()}},
               {.queue = record.recipient_id, .version = 1, .action = backend::Inspect{}},
               {.queue = record.recipient_id, .version = 2, .action = backend::Inspect{}}});
  ASSERT_EQ(outcome.results.size(), 4U);
  EXPECT_EQ(outcome.results[0].outcome, Outcome::ok);
  EXPECT_EQ(outcome.results[1].outcome, Outcome::ok);
  EXPECT_EQ(outcome.results[2].outcome, Outcome::stale);
  EXPECT_EQ(outcome.results[3].outcome, Outcome::ok);
  EXPECT_TRUE(outcome.results[3].subscribed);
}

// ---- Find

TEST_F(EngineRecords, FindByEachId) {
  const QueueRecord record = queue(QueueMode::contact, [this](QueueRecord& r) {
    r.notifier = values_.notifier();
    r.link_id = values_.id<LinkId>();
  });
  const std::vector<backend::Find> finds = {{Role::recipient, record.recipient_id.bytes},
                                            {Role::sender, record.sender_id.bytes},
                                            {Role::notifier, record.notifier->id.bytes},
                                            {Role::link, record.link_id->bytes}};
  for (const auto& find : finds) {
    const OperationResult result = run_at(kAlice, {}, 0, find);
    EXPECT_EQ(result.outcome, Outcome::ok);
    ASSERT_NE(result.record, nullptr);
    EXPECT_TRUE(*result.record == record);
  }
  EXPECT_EQ(run_at(kAlice, {}, 0, backend::Find{Role::recipient, record.sender_id.bytes}).outcome, Outcome::gone);
  EXPECT_EQ(run_at(kAlice, {}, 0, backend::Find{Role::sender, record.recipient_id.bytes}).outcome, Outcome::gone);
}

TEST_F(EngineRecords, FindAnswersForABlockedQueue) {
  const QueueRecord record = blocked_queue();
  const OperationResult result = run_at(kAlice, {}, 0, backend::Find{Role::sender, record.sender_id.bytes});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_TRUE(*result.record == record);
}

// ---- Create

TEST_F(EngineRecords, CreateStoresTheRecordAndItsLink) {
  QueueRecord record = values_.record(QueueMode::contact);
  record.link_id = values_.id<LinkId>();
  record.notifier = values_.notifier();
  const LinkBlob link = values_.link();
  const auto result = run(kAlice, record, backend::Create{.record = record, .link = link, .subscribe = false});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_TRUE(*result.record == record);
  EXPECT_TRUE(*stored(record) == record);
  EXPECT_EQ(stored_link(record), link);
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(EngineRecords, CreateCanSubscribe) {
  const QueueRecord record = values_.record();
  run(kAlice, record, backend::Create{.record = record, .link = {}, .subscribe = true});
  EXPECT_EQ(directory_.subscriber_of(record.recipient_id), kAlice);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(EngineRecords, CreateRefusesALinkIdWithoutLinkAndALinkWithoutId) {
  QueueRecord record = values_.record(QueueMode::contact);
  EXPECT_EQ(outcome_of(record, backend::Create{.record = record, .link = values_.link(), .subscribe = false}),
            Outcome::refused);
  record.link_id = values_.id<LinkId>();
  EXPECT_EQ(outcome_of(record, backend::Create{.record = record, .link = {}, .subscribe = false}), Outcome::refused);
  EXPECT_EQ(stored(record), nullptr);
}

TEST_F(EngineRecords, CreateWithATakenIdIsAConflict) {
  const auto with_everything = [this](QueueRecord& record) {
    record.notifier = values_.notifier();
    record.link_id = values_.id<LinkId>();
  };
  const QueueRecord taken = queue(QueueMode::contact, with_everything);
  const std::vector<std::function<void(QueueRecord&)>> collisions = {
      [&](QueueRecord& record) { record.recipient_id = taken.recipient_id; },
      [&](QueueRecord& record) { record.sender_id = taken.sender_id; },
      [&](QueueRecord& record) { record.notifier->id = taken.notifier->id; },
      [&](QueueRecord& record) { record.link_id = taken.link_id; }};
  for (const auto& collide : collisions) {
    QueueRecord record = values_.record(QueueMode::contact);
    with_everything(record);
    collide(record);
    EXPECT_EQ(outcome_of(record, backend::Create{.record = record, .link = values_.link(), .subscribe = true}),
              Outcome::conflict);
    EXPECT_EQ(store_.totals().queues, 1U);
    EXPECT_EQ(directory_.subscriptions(), 0U);
    EXPECT_TRUE(*stored(taken) == taken);
  }
}

TEST_F(EngineRecords, CreateConflictsWithinOneBatch) {
  const QueueRecord first = values_.record();
  QueueRecord second = values_.record();
  second.sender_id = first.sender_id;
  const auto outcome =
      execute(kAlice, {{.queue = {}, .version = 0, .action = backend::Create{.record = first, .link = {}}},
                       {.queue = {}, .version = 0, .action = backend::Create{.record = second, .link = {}}}});
  EXPECT_EQ(outcome.results[0].outcome, Outcome::ok);
  EXPECT_EQ(outcome.results[1].outcome, Outcome::conflict);
  EXPECT_EQ(store_.totals().queues, 1U);
}

// ---- Secure

TEST_F(EngineRecords, SecureSetsTheKeyOnce) {
  const QueueRecord record = queue();
  const auto key = values_.key();
  const OperationResult result = run(kAlice, record, backend::Secure{.key = key});
  EXPECT_EQ(result.outcome, Outcome::ok);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->sender_key, key);
  EXPECT_EQ(result.record->version, record.version + 1);
  EXPECT_TRUE(*stored(record) == *result.record);

  EXPECT_EQ(outcome_of(record, backend::Secure{.key = key}), Outcome::ok);
  EXPECT_EQ(outcome_of(record, backend::Secure{.key = values_.key()}), Outcome::refused);
  EXPECT_EQ(stored(record)->sender_key, key);
  EXPECT_EQ(stored(record)->version, record.version + 1);
}

TEST_F(EngineRecords, SecureByTheSenderOnlyInMessagingMode) {
  const auto by_sender = [this] { return backend::Secure{.key = values_.key(), .by_sender = true}; };
  const auto by_recipient = [this] { return backend::Secure{.key = values_.key(), .by_sender = false}; };
  EXPECT_EQ(outcome_of(queue(QueueMode::messaging), by_sender()), Outcome::ok);
  EXPECT_EQ(outcome_of(queue(QueueMode::contact), by_sender()), Outcome::refused);
  EXPECT_EQ(outcome_of(queue(QueueMode::none), by_sender()), Outcome::refused);
  EXPECT_EQ(outcome_of(queue(QueueMode::contact), by_recipient()), Outcome::ok);
  EXPECT_EQ(outcome_of(queue(QueueMode::none), by_recipient()), Outcome::ok);
}

TEST_F(EngineRecords, SecureByTheSenderIdNeedsNoRecord) {
  const QueueRecord record = queue(QueueMode::messaging);
  const backend::SecureBySender action{.sender_id = record.sender_id, .key = values_.key()};
  const OperationResult result = run(kBob, {}, action);
  EXPECT_EQ(result.outcome, Outcome::ok);
  ASSERT_NE(result.record, nullptr);
  EXPECT_EQ(result.record->sender_key, action.key);
  EXPECT_EQ(result.record->version, record.version + 1);
  EXPECT_TRUE(*stored(record) == *result.record);

  const OperationResult again = run(kBob, {}, action);
  EXPECT_EQ(again.outcome, Outcome::ok) << "the same key";
  ASSERT_NE(again.record, nullptr) << "the gateway has none";
  EXPECT_TRUE(*again.record == *result.record) << "nothing changed";
  EXPECT_EQ(run(kBob, {}, backend::SecureBySender{record.sender_id, values_.key()}).outcome, Outcome::refused);
  EXPECT_EQ(stored(record)->sender_key, action.key);
}

TEST_F(EngineRecords, SecureByTheSenderIdAnswersAsWithARecord) {
  const auto outcome_by_id = [this](const QueueRecord& record) {
    return run(kBob, {}, backend::SecureBySender{record.sender_id, values_.key()});
  };
  EXPECT_EQ(outcome_by_id(values_.record()).outcome, Outcome::gone);
  EXPECT_EQ(outcome_by_id(queue(QueueMode::contact)).outcome, Outcome::refused);
  EXPECT_EQ(outcome_by_id(queue(QueueMode::none)).outcome, Outcome::refused);
  const QueueRecord blocked = queue(QueueMode::messaging);
  ASSERT_EQ(outcome_of(blocked, backend::Block{}), Outcome::ok);
  const OperationResult result = outcome_by_id(blocked);
  EXPECT_EQ(result.outcome, Outcome::blocked);
  ASSERT_NE(result.record, nullptr) << "says why";
  EXPECT_FALSE(stored(blocked)->sender_key.has_value());
}

TEST_F(EngineRecords, SecureWithLinkAnswersTheLink) {
  const QueueRecord record = linked_queue(QueueMode::messaging);
  const auto key = values_.key();
  const backend::Secure action{.key = key, .by_sender = true, .with_link = true};
  for (int i = 0; i < 2; ++i) {
    const OperationResult result = run(kBob, record, action);
    EXPECT_EQ(result.outcome, Outcome::ok);
    ASSERT_TRUE(result.link.has_value());
    EXPECT_EQ(result.link, stored_link(record));
  }
  EXPECT_EQ(stored(record)->sender_key, key);
}

TEST_F(EngineRecords, SecureWithLinkIsRefusedWithoutOne) {
  const QueueRecord record = queue();
  EXPECT_EQ(outcome_of(record, backend::Secure{.key = values_.key(), .by_sender = true, .with_link = true}),
            Outcome::refused);
  EXPECT_FALSE(stored(record)->sender_key.has_value());
}

// ---- recipient keys

TEST_F(EngineRecords, RecipientKeysChangeInContactQueuesOnly) {
  const std::vector<crypto::PublicKey> keys = {values_.key(), values_.key()};
  const QueueRecord record = queue(QueueMode::contact);
  const OperationResult result = run(kAlice, record, backend::SetRecipientKeys{.keys = keys});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->recipient_keys, keys);
  EXPECT_EQ(result.record->version, 2U);
  EXPECT_EQ(stored(record)->recipient_keys, keys);

  EXPECT_EQ(outcome_of(queue(QueueMode::messaging), backend::SetRecipientKeys{.keys = keys}), Outcome::refused);
  EXPECT_EQ(outcome_of(queue(QueueMode::none), backend::SetRecipientKeys{.keys = keys}), Outcome::refused);
}

TEST_F(EngineRecords, RecipientKeysAreNeverNone) {
  EXPECT_EQ(outcome_of(queue(QueueMode::contact), backend::SetRecipientKeys{}), Outcome::refused);
}

TEST_F(EngineRecords, TheSameRecipientKeysChangeNothing) {
  const QueueRecord record = queue(QueueMode::contact);
  EXPECT_EQ(outcome_of(record, backend::SetRecipientKeys{.keys = record.recipient_keys}), Outcome::ok);
  EXPECT_EQ(stored(record)->version, 1U);
}

// ---- notifier

TEST_F(EngineRecords, NotifierIsSetReplacedAndDeleted) {
  const QueueRecord record = queue();
  const auto first = values_.notifier();
  const auto second = values_.notifier();

  OperationResult result = run(kAlice, record, backend::SetNotifier{.notifier = first});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->notifier, first);
  EXPECT_TRUE(effects_.empty());

  result = run(kAlice, record, backend::SetNotifier{.notifier = second});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->notifier, second);
  ASSERT_NE(only_effect<RemoveNotifier>(), nullptr);
  EXPECT_EQ(only_effect<RemoveNotifier>()->notifier.id, first.id);
  EXPECT_EQ(only_effect<RemoveNotifier>()->by, kAlice);
  EXPECT_EQ(resolved(Role::notifier, first.id.view()), std::nullopt);

  result = run(kAlice, record, backend::DeleteNotifier{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->notifier, std::nullopt);
  EXPECT_EQ(result.record->version, 4U);
  ASSERT_NE(only_effect<RemoveNotifier>(), nullptr);
  EXPECT_EQ(only_effect<RemoveNotifier>()->notifier.id, second.id);

  result = run(kAlice, record, backend::DeleteNotifier{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(stored(record)->version, 4U);
  EXPECT_TRUE(effects_.empty());
}

TEST_F(EngineRecords, NotifierIdThatIsTakenIsAConflict) {
  const QueueRecord other = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  const QueueRecord record = queue();
  auto notifier = values_.notifier();
  notifier.id = other.notifier->id;
  EXPECT_EQ(outcome_of(record, backend::SetNotifier{.notifier = notifier}), Outcome::conflict);
  EXPECT_TRUE(*stored(record) == record);
}

// ---- OFF and DEL

TEST_F(EngineRecords, SuspendIsIdempotent) {
  const QueueRecord record = queue();
  const OperationResult result = run(kAlice, record, backend::Suspend{});
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.record->status, QueueStatus::off);
  EXPECT_EQ(outcome_of(record, backend::Suspend{}), Outcome::ok);
  EXPECT_EQ(stored(record)->version, 2U);
}

TEST_F(EngineRecords, DeleteRemovesTheQueueWithItsMessages) {
  const QueueRecord record = linked_queue(QueueMode::contact);
  send(record, 3);
  EXPECT_EQ(outcome_of(record, backend::Delete{}), Outcome::ok);
  EXPECT_EQ(stored(record), nullptr);
  EXPECT_EQ(store_.totals(), StoreTotals{});
  EXPECT_EQ(outcome_of(record, backend::Delete{}), Outcome::gone);
}

TEST_F(EngineRecords, DeleteTellsTheSubscriberOfAnotherSession) {
  const QueueRecord record = queue();
  run(kBob, record, backend::Subscribe{});
  run(kAlice, record, backend::Delete{});
  const auto* deleted = only_event<backend::Deleted>(kBob);
  ASSERT_NE(deleted, nullptr);
  EXPECT_EQ(deleted->role, Role::recipient);
  EXPECT_EQ(deleted->id, record.recipient_id.bytes);
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(EngineRecords, DeleteTellsNothingToTheSessionItself) {
  const QueueRecord record = queue();
  run(kAlice, record, backend::Subscribe{});
  run(kAlice, record, backend::Delete{});
  EXPECT_TRUE(effects_.empty());
  EXPECT_EQ(directory_.subscriptions(), 0U);
}

TEST_F(EngineRecords, DeleteRemovesTheNotifier) {
  const QueueRecord record = queue(QueueMode::messaging, [this](QueueRecord& r) { r.notifier = values_.notifier(); });
  run(kAlice, record, backend::Delete{});
  ASSERT_NE(only_effect<RemoveNotifier>(), nullptr);
  EXPECT_EQ(only_effect<RemoveNotifier>()->notifier.id, record.notifier->id);
  EXPECT_EQ(only_effect<RemoveNotifier>()->by, kAlice);
}

}  // namespace
}  // namespace sotto::queue
