// The fixture of the conformance suite of QueueStore (queue_store_conformance.hpp): the factory by which a storage
// engine names itself, and the helpers in which the tests are written. Tests only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "services/queue/domain/queue_store.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::queue {

// One per test: where the store of that test lives.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  // The first call gives an empty store. Later ones are made after the former store was destroyed: a durable store then
  // holds what was committed, another one is empty again.
  virtual std::unique_ptr<QueueStore> open() = 0;
  [[nodiscard]] virtual bool durable() const = 0;
};

struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreFactory>()> make_factory;
  friend void PrintTo(const StoreUnderTest& store, std::ostream* out) { *out << store.name; }
};

class QueueStoreConformance : public testing::TestWithParam<StoreUnderTest> {
 protected:
  void SetUp() override {
    factory_ = GetParam().make_factory();
    store_ = factory_->open();
    ASSERT_NE(store_, nullptr);
  }

  // Durable: closes the store and opens it again. Otherwise nothing.
  void reopen() {
    if (factory_->durable()) open_again();
  }
  void open_again() {
    store_.reset();
    store_ = factory_->open();
    ASSERT_NE(store_, nullptr);
  }

  std::unique_ptr<QueueTransaction> begin(std::span<const Touch> touched = {}) {
    auto transaction = store_->begin(touched);
    EXPECT_TRUE(transaction.ok());
    return std::move(transaction).value();
  }
  template <class Work>
  void commit(Work&& work) {
    auto transaction = begin();
    work(*transaction);
    ASSERT_TRUE(transaction->commit().ok());
  }
  template <class Work>
  void drop(Work&& work) {
    auto transaction = begin();
    work(*transaction);
  }

  // Readers: each in a transaction of its own, that is dropped.
  RecordPtr find(const RecipientId& id) { return value(begin()->find(id)); }
  std::optional<RecipientId> resolve(Role role, ByteView id) { return value(begin()->resolve(role, id)); }
  std::optional<LinkBlob> link(const RecipientId& id) { return value(begin()->link(id)); }
  QueueState state(const RecipientId& id) { return value(begin()->state(id)); }
  MessagePtr head(const RecipientId& id) { return value(begin()->head(id)); }
  StoreTotals totals() { return store_->totals(); }

  // All messages of a queue in order, found by removing them in a transaction that is dropped.
  std::vector<MessageId> messages(const RecipientId& id) {
    auto transaction = begin();
    std::vector<MessageId> out;
    for (MessagePtr next = value(transaction->head(id)); next; next = value(transaction->head(id))) {
      out.push_back(next->id);
      EXPECT_TRUE(transaction->pop(id).ok());
    }
    return out;
  }

  QueueRecord inserted(QueueRecord record) {
    commit([&](QueueTransaction& transaction) { EXPECT_TRUE(transaction.insert(record).ok()); });
    return record;
  }
  QueueRecord inserted() { return inserted(values_.record()); }
  void appended(const QueueRecord& record, std::span<const MessagePtr> messages) {
    commit([&](QueueTransaction& transaction) {
      for (const auto& message : messages) EXPECT_TRUE(transaction.append(record.recipient_id, message, false).ok());
    });
  }
  std::vector<MessagePtr> appended(const QueueRecord& record, std::size_t count, std::int64_t seconds = kTestSeconds) {
    std::vector<MessagePtr> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(values_.message(seconds));
    appended(record, out);
    return out;
  }
  static std::vector<MessageId> ids(std::span<const MessagePtr> messages) {
    std::vector<MessageId> out;
    for (const auto& message : messages) out.push_back(message->id);
    return out;
  }

  // Expires in transactions of at most `limit` until the store says that no more are left.
  std::uint64_t expire_all(std::int64_t cutoff, std::size_t limit = 1000) {
    std::uint64_t removed = 0;
    for (bool more = true; more;) {
      auto transaction = begin();
      const Expired expired = value(transaction->expire(cutoff, limit));
      EXPECT_TRUE(transaction->commit().ok());
      EXPECT_LE(expired.messages, limit);
      removed += expired.messages;
      more = expired.more;
      if (more && expired.messages == 0) {
        ADD_FAILURE() << "expire() makes no progress";
        break;
      }
    }
    return removed;
  }

  // A record with all of the optional parts, all kinds of keys and values far from the defaults.
  QueueRecord full_record() {
    QueueRecord record = values_.record(backend::QueueMode::contact);
    record.recipient_keys = {values_.key(crypto::KeyKind::ed448), values_.key(crypto::KeyKind::x25519),
                             values_.key(crypto::KeyKind::ed25519)};
    record.sender_key = values_.key(crypto::KeyKind::ed448);
    record.notifier = values_.notifier();
    record.notifier->key = values_.key(crypto::KeyKind::x25519);
    record.link_id = values_.id<LinkId>();
    record.status = backend::QueueStatus::blocked;
    record.blocking = {.reason = backend::BlockingReason::content, .notice_json = R"({"ttl":86400,"why":"é\n"})"};
    record.notifier->service = values_.id<ServiceId>();
    record.service = values_.id<ServiceId>();
    record.version = 0xfedcba9876543210U;
    return record;
  }

  // What comes of a record by a change: its next version.
  QueueRecord with_sender_key(QueueRecord record) {
    record.sender_key = values_.key();
    ++record.version;
    return record;
  }
  static QueueRecord switched_off(QueueRecord record) {
    record.status = backend::QueueStatus::off;
    ++record.version;
    return record;
  }

  template <class T>
  static T value(Result<T> result) {
    if (!result.ok()) {
      ADD_FAILURE() << "the store failed: " << result.error().message;
      return T{};
    }
    return std::move(result).value();
  }

  TestValues values_;
  std::unique_ptr<StoreFactory> factory_;
  std::unique_ptr<QueueStore> store_;
};

}  // namespace sotto::queue
