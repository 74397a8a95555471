// Values for tests of the queue service and its stores: ids, keys, records and messages, each call another one and the
// same in every run. Only tests include this. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "libs/backend/record.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::queue {

// When messages of tests come, unless they say otherwise.
inline constexpr std::int64_t kTestSeconds = 1'700'000'000;

class TestValues {
 public:
  explicit TestValues(std::uint64_t seed = 1) : state_(seed) {}

  Bytes bytes(std::size_t size) {
    Bytes out(size);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(next() >> 32);
    return out;
  }
  template <class IdType>
  IdType id() {
    return *IdType::from(bytes(kIdSize));
  }
  crypto::PublicKey key(crypto::KeyKind kind = crypto::KeyKind::ed25519) {
    return crypto::PublicKey::from_raw(kind, bytes(crypto::raw_key_size(kind))).value();
  }
  crypto::BoxKey box_key() { return crypto::BoxKey::from_stored(bytes(32)); }
  backend::Notifier notifier() { return {.id = id<NotifierId>(), .key = key(), .box_key = box_key()}; }
  backend::LinkBlob link() { return {.fixed = bytes(300), .user = bytes(900)}; }
  backend::Notification notification() {
    backend::Notification out;
    const Bytes nonce = bytes(crypto::kNonceSize);
    std::copy(nonce.begin(), nonce.end(), out.nonce.begin());
    out.encrypted_meta = bytes(144);
    out.seconds = kTestSeconds;
    return out;
  }

  // A queue as NEW makes it, without any of the optional parts.
  backend::QueueRecord record(backend::QueueMode mode = backend::QueueMode::messaging) {
    backend::QueueRecord out;
    out.recipient_id = id<RecipientId>();
    out.sender_id = id<SenderId>();
    out.recipient_keys = {key()};
    out.recipient_box_key = box_key();
    out.mode = mode;
    return out;
  }

  backend::MessagePtr message(std::int64_t seconds = kTestSeconds, std::size_t body_size = 64) {
    backend::StoredMessage out;
    out.id = id<MessageId>();
    out.seconds = seconds;
    out.body = bytes(body_size);
    return std::make_shared<const backend::StoredMessage>(std::move(out));
  }
  backend::MessagePtr quota_marker(std::int64_t seconds = kTestSeconds) {
    backend::StoredMessage out;
    out.id = id<MessageId>();
    out.seconds = seconds;
    out.kind = backend::MessageKind::quota;
    return std::make_shared<const backend::StoredMessage>(std::move(out));
  }

 private:
  // SplitMix64.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace sotto::queue
