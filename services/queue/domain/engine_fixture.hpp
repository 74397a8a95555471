// The fixture of the engine's unit tests: an engine over a MemoryQueueStore and an InProcessDirectory, where every
// operation is a batch and a transaction of its own. Tests only.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libs/crypto/random.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/queue_engine.hpp"
#include "services/queue/domain/settle.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"

namespace sotto::queue {

using backend::OperationResult;
using backend::Outcome;
using backend::QueueMode;
using backend::QueueStatus;

inline constexpr SessionRef kAlice{.gateway = 0, .connection = 1};
inline constexpr SessionRef kBob{.gateway = 0, .connection = 2};

class EngineFixture : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }

  BatchOutcome execute(SessionRef session, std::vector<backend::Operation> operations) {
    const backend::Batch batch{.session = session, .operations = std::move(operations), .done = nullptr};
    CheckedTransaction transaction(store_.begin({}).value());
    BatchOutcome outcome = QueueEngine(rules_, clock_).execute(transaction, batch);
    EXPECT_FALSE(transaction.failed());
    EXPECT_TRUE(transaction.commit());
    const Unsettled unsettled{session, &outcome};
    EXPECT_TRUE(settle({&unsettled, 1}, directory_, store_));
    return outcome;
  }
  // One operation against the record as it is now; its effects are in effects_.
  OperationResult run(SessionRef session, const QueueRecord& record, backend::Action action) {
    const RecordPtr now = stored(record);
    return run_at(session, record, now ? now->version : record.version, std::move(action));
  }
  OperationResult run_at(SessionRef session, const QueueRecord& record, std::uint64_t version, backend::Action action) {
    BatchOutcome outcome =
        execute(session, {{.queue = record.recipient_id, .version = version, .action = std::move(action)}});
    effects_ = std::move(outcome.effects);
    expired_ = outcome.expired;
    return std::move(outcome.results.at(0));
  }
  Outcome outcome_of(const QueueRecord& record, backend::Action action, SessionRef session = kAlice) {
    return run(session, record, std::move(action)).outcome;
  }

  // A stored queue; `change` may set what the record shall have. With link data when it has a link id.
  template <class Change>
  QueueRecord queue(QueueMode mode, Change&& change) {
    QueueRecord record = values_.record(mode);
    change(record);
    std::optional<LinkBlob> link;
    if (record.link_id) link = values_.link();
    EXPECT_EQ(run(kAlice, record, backend::Create{.record = record, .link = link, .subscribe = false}).outcome,
              Outcome::ok);
    return record;
  }
  QueueRecord queue(QueueMode mode = QueueMode::messaging) {
    return queue(mode, [](QueueRecord&) {});
  }
  QueueRecord linked_queue(QueueMode mode) {
    return queue(mode, [this](QueueRecord& record) { record.link_id = values_.id<LinkId>(); });
  }

  RecordPtr stored(const QueueRecord& record) { return store_.begin({}).value()->find(record.recipient_id).value(); }
  std::optional<LinkBlob> stored_link(const QueueRecord& record) {
    return store_.begin({}).value()->link(record.recipient_id).value();
  }
  QueueState state(const QueueRecord& record) { return store_.begin({}).value()->state(record.recipient_id).value(); }
  std::optional<RecipientId> resolved(Role role, ByteView id) {
    return store_.begin({}).value()->resolve(role, id).value();
  }

  Outcome send(const QueueRecord& record, MessagePtr message, SessionRef session = kBob) {
    return outcome_of(record, backend::Append{.message = std::move(message), .notification = std::nullopt}, session);
  }
  std::vector<MessagePtr> send(const QueueRecord& record, std::size_t count) {
    std::vector<MessagePtr> sent;
    for (std::size_t i = 0; i < count; ++i) {
      sent.push_back(values_.message());
      EXPECT_EQ(send(record, sent.back()), Outcome::ok);
    }
    return sent;
  }

  // The only effect of the last operation, when it is of this kind.
  template <class EffectKind>
  const EffectKind* only_effect() const {
    return effects_.size() == 1 ? std::get_if<EffectKind>(&effects_.front()) : nullptr;
  }
  template <class EventKind>
  const EventKind* only_event(SessionRef to) const {
    const auto* sent = only_effect<SendEvent>();
    return sent != nullptr && sent->to == to ? std::get_if<EventKind>(&sent->event) : nullptr;
  }

  QueueRules rules_;
  ManualClock clock_{SystemTime(std::chrono::seconds(kTestSeconds))};
  TestValues values_;
  MemoryQueueStore store_;
  InProcessDirectory directory_;
  std::vector<Effect> effects_;
  std::uint64_t expired_ = 0;
};

}  // namespace sotto::queue
