#include "gateway/session/new_queue.hpp"

#include "libs/crypto/random.hpp"

namespace sotto::gateway {
namespace {

struct Agreed {
  crypto::BoxKey key;
  crypto::PublicKey server_key;
};

std::optional<Agreed> agree(const crypto::PublicKey& theirs) {
  const auto ours = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
  const auto secret = crypto::dh(theirs, ours);
  if (!secret) return std::nullopt;
  return Agreed{crypto::BoxKey::from_raw(*secret), ours.public_key()};
}

backend::LinkBlob blob(const smp::LinkData& data) {
  return {to_bytes(data.fixed), to_bytes(data.user)};
}

constexpr smp::ProtocolError kProhibited = smp::CommandError::prohibited;

}  // namespace

std::optional<NewNotifierCredentials> make_notifier(const crypto::PublicKey& key, const crypto::PublicKey& dh_key) {
  auto agreed = agree(dh_key);
  if (!agreed) return std::nullopt;
  return NewNotifierCredentials{backend::Notifier{crypto::random_id<NotifierId>(), key, std::move(agreed->key)},
                                agreed->server_key};
}

std::variant<NewQueue, smp::ProtocolError> make_queue(const smp::New& command, ByteView corr_id) {
  auto agreed = agree(command.recipient_dh_key);
  if (!agreed) return smp::ProtocolError(smp::SimpleError::crypto);

  NewQueue made{backend::Create{}, agreed->server_key, std::nullopt, false};
  made.create.subscribe = command.subscribe;
  auto& record = made.create.record;
  record.recipient_id = crypto::random_id<RecipientId>();
  record.sender_id = crypto::random_id<SenderId>();
  record.recipient_keys = {command.recipient_key};
  record.recipient_box_key = std::move(agreed->key);

  // True when the client's sender id is the one that it may choose.
  const auto take_sender_id = [&](ByteView chosen) {
    if (!equal(chosen, smp::client_sender_id(corr_id))) return false;
    record.sender_id = *SenderId::from(chosen);
    made.client_chose_ids = true;
    return true;
  };
  if (const auto* messaging = std::get_if<smp::MessagingRequest>(&command.request)) {
    record.mode = backend::QueueMode::messaging;
    if (messaging->link) {
      if (!take_sender_id(messaging->link->sender_id)) return kProhibited;
      record.link_id = crypto::random_id<LinkId>();
      made.create.link = blob(messaging->link->data);
    }
  } else if (const auto* contact = std::get_if<smp::ContactRequest>(&command.request)) {
    record.mode = backend::QueueMode::contact;
    if (contact->link) {
      const auto link_id = LinkId::from(contact->link->link_id);
      if (!link_id || !take_sender_id(contact->link->sender_id)) return kProhibited;
      record.link_id = link_id;
      made.create.link = blob(contact->link->data);
    }
  }
  if (command.notifier) {
    auto notifier = make_notifier(command.notifier->key, command.notifier->dh_key);
    if (!notifier) return smp::ProtocolError(smp::SimpleError::crypto);
    record.notifier = std::move(notifier->notifier);
    made.notifier_server_dh_key = notifier->server_dh_key;
  }
  return made;
}

smp::Ids ids_response(const NewQueue& queue) {
  const auto& record = queue.create.record;
  smp::Ids ids{record.recipient_id.view(), record.sender_id.view(), queue.server_dh_key, {}, {}, {}, {}};
  if (record.mode == backend::QueueMode::messaging) ids.mode = smp::QueueMode::messaging;
  if (record.mode == backend::QueueMode::contact) ids.mode = smp::QueueMode::contact;
  if (record.link_id) ids.link_id = record.link_id->view();
  if (record.service) ids.service_id = record.service->view();
  if (record.notifier && queue.notifier_server_dh_key) {
    ids.notifier = smp::Ids::Notifier{record.notifier->id.view(), *queue.notifier_server_dh_key};
  }
  return ids;
}

}  // namespace sotto::gateway
