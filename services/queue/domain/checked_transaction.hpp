// CheckedTransaction: a QueueTransaction for code that states rules. It forwards until something fails; from then on it
// forwards nothing and answers with nothing (no queue, no message, zero), and failed() says that whatever was concluded
// from the answers is to be thrown away together with the transaction. So the rules read as rules, and a transaction
// that failed is never touched again.
//
// Lives as long as one transaction; one thread.
#pragma once

#include <memory>
#include <optional>

#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

class CheckedTransaction {
 public:
  // Precondition: not null.
  explicit CheckedTransaction(std::unique_ptr<QueueTransaction> transaction) : transaction_(std::move(transaction)) {}

  // A call failed, and all later ones did nothing.
  [[nodiscard]] bool failed() const { return failed_; }
  // There is something to commit.
  [[nodiscard]] bool wrote() const { return wrote_; }

  // As in QueueTransaction.
  RecordPtr find(const RecipientId& id);
  std::optional<RecipientId> resolve(Role role, ByteView id);
  void insert(const QueueRecord& record);
  void update(const QueueRecord& before, const QueueRecord& after);
  void erase(const QueueRecord& record);
  void put_link(const RecipientId& queue, const LinkBlob& link);
  std::optional<LinkBlob> link(const RecipientId& queue);
  void erase_link(const RecipientId& queue);
  QueueState state(const RecipientId& queue);
  void append(const RecipientId& queue, const MessagePtr& message, bool marks_full);
  MessagePtr head(const RecipientId& queue);
  std::optional<MessageId> head_id(const RecipientId& queue);
  void pop(const RecipientId& queue);
  Service know_service(const Service& service);
  IdSet service_ids(const ServiceId& service);
  ServicePage list_service(const ServiceId& service, const RecipientId& after, std::size_t limit);
  Expired expire(std::int64_t cutoff, std::size_t limit);

  // ok: all of it is durable now. An error, and nothing changed: also when a call failed before. Nothing may be called
  // afterwards.
  Status commit();

 private:
  template <class T>
  T checked(Result<T> result) {
    if (result.ok()) return std::move(result).value();
    failed_ = true;
    return T{};
  }
  void written(const Status& status) {
    wrote_ = true;
    if (!status.ok()) failed_ = true;
  }

  std::unique_ptr<QueueTransaction> transaction_;
  bool failed_ = false;
  bool wrote_ = false;
};

}  // namespace sotto::queue
