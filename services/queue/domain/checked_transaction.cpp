#include "services/queue/domain/checked_transaction.hpp"

namespace sotto::queue {

RecordPtr CheckedTransaction::find(const RecipientId& id) {
  if (failed_) return nullptr;
  return checked(transaction_->find(id));
}

std::optional<RecipientId> CheckedTransaction::resolve(Role role, ByteView id) {
  if (failed_) return std::nullopt;
  return checked(transaction_->resolve(role, id));
}

void CheckedTransaction::insert(const QueueRecord& record) {
  if (!failed_) written(transaction_->insert(record));
}

void CheckedTransaction::update(const QueueRecord& before, const QueueRecord& after) {
  if (!failed_) written(transaction_->update(before, after));
}

void CheckedTransaction::erase(const QueueRecord& record) {
  if (!failed_) written(transaction_->erase(record));
}

void CheckedTransaction::put_link(const RecipientId& queue, const LinkBlob& link) {
  if (!failed_) written(transaction_->put_link(queue, link));
}

std::optional<LinkBlob> CheckedTransaction::link(const RecipientId& queue) {
  if (failed_) return std::nullopt;
  return checked(transaction_->link(queue));
}

void CheckedTransaction::erase_link(const RecipientId& queue) {
  if (!failed_) written(transaction_->erase_link(queue));
}

QueueState CheckedTransaction::state(const RecipientId& queue) {
  if (failed_) return {};
  return checked(transaction_->state(queue));
}

void CheckedTransaction::append(const RecipientId& queue, const MessagePtr& message, bool marks_full) {
  if (!failed_) written(transaction_->append(queue, message, marks_full));
}

MessagePtr CheckedTransaction::head(const RecipientId& queue) {
  if (failed_) return nullptr;
  return checked(transaction_->head(queue));
}

std::optional<MessageId> CheckedTransaction::head_id(const RecipientId& queue) {
  if (failed_) return std::nullopt;
  return checked(transaction_->head_id(queue));
}

void CheckedTransaction::pop(const RecipientId& queue) {
  if (!failed_) written(transaction_->pop(queue));
}

Service CheckedTransaction::know_service(const Service& service) {
  if (failed_) return service;
  wrote_ = true;
  return checked(transaction_->know_service(service));
}

IdSet CheckedTransaction::service_ids(const ServiceId& service) {
  if (failed_) return {};
  return checked(transaction_->service_ids(service));
}

ServicePage CheckedTransaction::list_service(const ServiceId& service, const RecipientId& after, std::size_t limit) {
  if (failed_) return {};
  return checked(transaction_->list_service(service, after, limit));
}

Expired CheckedTransaction::expire(std::int64_t cutoff, std::size_t limit) {
  if (failed_) return {};
  wrote_ = true;
  return checked(transaction_->expire(cutoff, limit));
}

Status CheckedTransaction::commit() {
  if (failed_) return Error{ErrorCode::unavailable, "a transaction that failed cannot be committed"};
  return transaction_->commit();
}

}  // namespace sotto::queue
