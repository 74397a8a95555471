// Records, messages and what they are made of ⇄ sotto.queue.v1 and sotto.common.v1. to_proto() writes into an empty
// message, which may live in an arena. from_proto() checks everything: ids and keys of another size, a number of an
// enum that we do not know and a part that must be there and is not are errors of kind `protocol`, whose text names the
// part and never its content. Pure functions; any thread.
//
// Copies: bodies and link data are copied once on either side, between std::vector and std::string. Box keys are
// secret; here they are plain bytes of a message, because gRPC's own buffers hold them anyway (docs/contracts.md).
#pragma once

#include <sotto/queue/v1/queue.pb.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/backend/record.hpp"
#include "libs/base/ids.hpp"
#include "libs/base/result.hpp"

namespace sotto::contract {

namespace common = ::sotto::common::v1;
namespace queue = ::sotto::queue::v1;

// What frames of the queue stream mean (Hello.protocol). Grows only with a change that an older side cannot ignore.
inline constexpr std::uint32_t kProtocol = 1;

Error malformed(std::string_view what);

// The 24 bytes of an id; `what` names it in the error.
Result<std::array<std::uint8_t, kIdSize>> id_bytes(const std::string& bytes, std::string_view what);
template <class IdType>
Result<IdType> id_from(const std::string& bytes, std::string_view what) {
  auto raw = id_bytes(bytes, what);
  if (!raw) return raw.error();
  return IdType{*raw};
}

common::Role to_proto(backend::Role role);
Result<backend::Role> from_proto(common::Role role);
queue::QueueMode to_proto(backend::QueueMode mode);
queue::QueueStatus to_proto(backend::QueueStatus status);

// An id of a queue of whichever role.
struct NamedId {
  backend::Role role = backend::Role::recipient;
  std::array<std::uint8_t, kIdSize> id{};
};
void to_proto(const NamedId& id, common::QueueId& out);
Result<NamedId> from_proto(const common::QueueId& in);

Result<crypto::Fingerprint> certificate_hash_from(const std::string& bytes);
// Nothing for empty bytes: no service.
Result<std::optional<ServiceId>> service_from(const std::string& bytes);

void to_proto(const crypto::PublicKey& key, queue::PublicKey& out);
Result<crypto::PublicKey> from_proto(const queue::PublicKey& in);

void to_proto(const backend::Notifier& notifier, queue::Notifier& out);
Result<backend::Notifier> from_proto(const queue::Notifier& in);

void to_proto(const backend::Blocking& blocking, queue::Blocking& out);
Result<backend::Blocking> from_proto(const queue::Blocking& in);

void to_proto(const backend::QueueRecord& record, queue::QueueRecord& out);
Result<backend::QueueRecord> from_proto(const queue::QueueRecord& in);

void to_proto(const backend::LinkBlob& link, queue::LinkData& out);
backend::LinkBlob from_proto(const queue::LinkData& in);

void to_proto(const backend::StoredMessage& message, queue::Message& out);
Result<backend::MessagePtr> from_proto(const queue::Message& in);

void to_proto(const backend::Notification& notification, common::Notification& out);
Result<backend::Notification> from_proto(const common::Notification& in);

}  // namespace sotto::contract
