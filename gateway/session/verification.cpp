// Whether the client may give a command of a block: the signature of its service, and the authorization by the keys of
// the queue's record.
#include "gateway/session/block_task.hpp"

namespace sotto::gateway {
namespace {

using smp::CommandError;
using smp::SimpleError;

// Which role a service must have to give a command; 0: any.
char service_role(const smp::Command& command) {
  switch (smp::party(command)) {
    case smp::Party::none:
      return 0;
    case smp::Party::notifier:
    case smp::Party::notifier_service:
      return 'N';
    case smp::Party::proxy:
      return std::holds_alternative<smp::Rfwd>(command) ? 'P' : 'M';
    default:
      return 'M';
  }
}

bool carries_service_signature(const smp::Command& command) {
  return std::holds_alternative<smp::New>(command) || std::holds_alternative<smp::Sub>(command) ||
         std::holds_alternative<smp::Nsub>(command);
}

// A sender (SKEY) or link client (LKEY) may secure a messaging queue, once; the same key again is fine. A blocked queue
// answers that it is, whatever its mode.
bool may_secure(const backend::QueueRecord& record, const crypto::PublicKey& key) {
  const bool has_answer =
      record.mode == backend::QueueMode::messaging || record.status == backend::QueueStatus::blocked;
  return has_answer && (!record.sender_key || *record.sender_key == key);
}

}  // namespace

std::optional<smp::ProtocolError> BlockTask::check_service(const Item& item) {
  auto& session = *owner_->session();
  const bool has_signature = !item.transmission.service_signature.empty();
  if (item.forwarded) {
    if (!may_be_forwarded(*item.command)) return CommandError::prohibited;
    // The service of a connection is the proxy's, not the client's.
    if (has_signature) return SimpleError::service;
    return std::nullopt;
  }
  if (session.service) {
    const char needed = service_role(*item.command);
    if (needed != 0 && needed != session.service->role) return CommandError::prohibited;
  }
  if (is_of_service(item)) {
    const bool right = session.service && equal(item.transmission.entity_id, session.service->id.view()) &&
                       session.authorizer.verify_service_command(item.transmission, *session.service);
    if (!right) return SimpleError::service;
    return std::nullopt;
  }
  if (!carries_service_signature(*item.command)) {
    if (has_signature) return SimpleError::service;
    return std::nullopt;
  }
  if (has_signature != session.service.has_value()) return SimpleError::service;
  if (has_signature && !session.authorizer.verify_service(item.transmission, *session.service)) {
    return SimpleError::service;
  }
  if (const auto* command = std::get_if<smp::New>(&*item.command)) {
    if (session.service && !command->subscribe) return CommandError::prohibited;
  }
  return std::nullopt;
}

bool BlockTask::new_queue_authorized(const Item& item, const smp::New& command) {
  auto& session = *owner_->session();
  const auto* service = session.service ? &*session.service : nullptr;
  return session.authorizer.verify(item.transmission, {&command.recipient_key, 1}, service);
}

bool BlockTask::authorized(Item& item) {
  auto& session = *owner_->session();
  const auto* service = session.service && carries_service_signature(*item.command) ? &*session.service : nullptr;
  const auto verify = [&](std::span<const crypto::PublicKey> keys) {
    return session.authorizer.verify(item.transmission, keys, service);
  };
  const auto* record = item.record.get();
  if (const auto* command = std::get_if<smp::Skey>(&*item.command)) {
    return record != nullptr && may_secure(*record, command->key) ? verify({&command->key, 1}) : verify({});
  }
  if (const auto* command = std::get_if<smp::Lkey>(&*item.command)) {
    return record != nullptr && may_secure(*record, command->key) ? verify({&command->key, 1}) : verify({});
  }
  if (std::holds_alternative<smp::Lget>(*item.command)) return record != nullptr;
  if (record == nullptr) return verify({});
  if (std::holds_alternative<smp::Send>(*item.command)) {
    if (record->sender_key) return verify({&*record->sender_key, 1});
    return item.transmission.authorization.empty() || verify({});
  }
  if (std::holds_alternative<smp::Nsub>(*item.command)) {
    return record->notifier ? verify({&record->notifier->key, 1}) : verify({});
  }
  return verify(record->recipient_keys);
}

}  // namespace sotto::gateway
