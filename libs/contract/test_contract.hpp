// Random values of everything that gateway and queue service say to each other, and whether two of them are the same.
// Only tests include this. One thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "services/queue/domain/test_values.hpp"

namespace sotto::contract {

// What must be equal: all fields, what pointers point to.
inline auto fields(const backend::Find& a) {
  return std::tie(a.role, a.id);
}
inline auto fields(const backend::Create& a) {
  return std::tie(a.record, a.link, a.subscribe);
}
inline auto fields(const backend::Secure& a) {
  return std::tie(a.key, a.by_sender, a.with_link);
}
inline auto fields(const backend::SetRecipientKeys& a) {
  return std::tie(a.keys);
}
inline auto fields(const backend::SetLink& a) {
  return std::tie(a.link_id, a.link);
}
inline auto fields(const backend::SetNotifier& a) {
  return std::tie(a.notifier);
}
inline auto fields(const backend::Subscribe& a) {
  return std::tie(a.resume, a.service);
}
inline auto fields(const backend::Fetch& a) {
  return std::tie(a.if_subscribed);
}
inline auto fields(const backend::Ack& a) {
  return std::tie(a.message_id, a.then_next);
}
inline auto fields(const backend::Append& a) {
  return std::tie(*a.message, a.notification);
}
inline auto fields(const backend::SubscribeNotifier& a) {
  return std::tie(a.resume, a.notifier, a.service);
}
inline auto fields(const backend::SecureBySender& a) {
  return std::tie(a.sender_id, a.key);
}
inline auto fields(const backend::RegisterService& a) {
  return std::tie(a.service);
}
inline auto fields(const backend::SubscribeService& a) {
  return std::tie(a.service, a.resume);
}
inline auto fields(const backend::ListService& a) {
  return std::tie(a.id, a.after, a.limit);
}
inline auto fields(const backend::ServiceEnded& a) {
  return std::tie(a.service);
}
inline auto fields(const backend::ServiceResult& a) {
  return std::tie(a.ids, a.with_messages, a.last, a.more);
}
inline auto fields(const backend::Ended& a) {
  return std::tie(a.role, a.id);
}
inline auto fields(const backend::Deleted& a) {
  return std::tie(a.role, a.id);
}
inline auto fields(const backend::Block& a) {
  return std::tie(a.blocking);
}
inline auto fields(const backend::Blocked& a) {
  return std::tie(a.queue, a.blocking);
}
inline auto fields(const backend::Notified& a) {
  return std::tie(a.notifier_id, a.notifications);
}

template <class Pointer>
bool same_target(const Pointer& a, const Pointer& b) {
  return a && b ? *a == *b : !a && !b;
}
inline bool same(const backend::MessageReady& a, const backend::MessageReady& b) {
  return a.queue == b.queue && same_target(a.message, b.message);
}
template <class Kind>
bool same(const Kind& a, const Kind& b) {
  if constexpr (std::is_empty_v<Kind>) {
    return true;
  } else {
    return fields(a) == fields(b);
  }
}
template <class... Kinds>
bool same(const std::variant<Kinds...>& a, const std::variant<Kinds...>& b) {
  return a.index() == b.index() &&
         std::visit([&](const auto& what) { return same(what, std::get<std::decay_t<decltype(what)>>(b)); }, a);
}
inline bool same(const backend::OperationResult& a, const backend::OperationResult& b) {
  return a.outcome == b.outcome && same_target(a.record, b.record) && same_target(a.message, b.message) &&
         a.link == b.link && a.messages == b.messages && a.subscribed == b.subscribed &&
         (a.service && b.service ? fields(*a.service) == fields(*b.service) : !a.service && !b.service);
}

class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : values_(seed) {}

  bool coin() { return values_.bytes(1)[0] % 2 == 0; }
  std::size_t below(std::size_t limit) {
    const auto raw = values_.bytes(4);
    return (raw[0] | std::size_t{raw[1]} << 8U | std::size_t{raw[2]} << 16U | std::size_t{raw[3]} << 24U) % limit;
  }
  ::sotto::queue::TestValues& values() { return values_; }

  crypto::PublicKey key() {
    static constexpr std::array kKinds = {crypto::KeyKind::ed25519, crypto::KeyKind::ed448, crypto::KeyKind::x25519};
    return values_.key(kKinds.at(below(kKinds.size())));
  }
  backend::Role role() { return static_cast<backend::Role>(below(4)); }
  backend::LinkBlob link() { return {.fixed = values_.bytes(below(2000)), .user = values_.bytes(below(14000))}; }
  backend::MessagePtr message() {
    if (below(8) == 0) return values_.quota_marker(static_cast<std::int64_t>(below(1'000'000)));
    return values_.message(static_cast<std::int64_t>(below(2'000'000'000)), below(16384));
  }
  std::optional<ServiceId> service() { return coin() ? std::optional(values_.id<ServiceId>()) : std::nullopt; }
  backend::Notifier notifier() {
    return {.id = values_.id<NotifierId>(), .key = key(), .box_key = values_.box_key(), .service = service()};
  }
  backend::QueueRecord record() {
    auto out = values_.record(static_cast<backend::QueueMode>(below(3)));
    out.recipient_keys.clear();
    for (std::size_t i = 0; i <= below(4); ++i) out.recipient_keys.push_back(key());
    if (coin()) out.sender_key = key();
    if (coin()) out.notifier = notifier();
    if (coin()) out.link_id = values_.id<LinkId>();
    out.status = static_cast<backend::QueueStatus>(below(3));
    if (out.status == backend::QueueStatus::blocked) out.blocking = blocking();
    out.version = below(1'000'000);
    out.service = service();
    return out;
  }
  backend::Blocking blocking() {
    backend::Blocking out;
    out.reason = coin() ? backend::BlockingReason::content : backend::BlockingReason::spam;
    if (coin()) out.notice_json = R"({"ttl": 3600})";
    return out;
  }

  // Of each kind that a gateway has once, in the order of the variant.
  std::vector<backend::Action> actions() {
    backend::Append append{.message = message(), .notification = std::nullopt};
    if (coin()) append.notification = values_.notification();
    backend::Create create{.record = record(), .link = std::nullopt, .subscribe = coin()};
    if (create.record.link_id) create.link = link();
    backend::SubscribeNotifier subscribe_notifier{.resume = coin(), .notifier = {}, .service = service()};
    if (subscribe_notifier.resume) subscribe_notifier.notifier = values_.id<NotifierId>();
    return {backend::Find{.role = role(), .id = values_.id<SenderId>().bytes},
            std::move(create),
            backend::Secure{.key = key(), .by_sender = coin(), .with_link = coin()},
            backend::SetRecipientKeys{.keys = {key(), key(), key()}},
            backend::SetLink{.link_id = values_.id<LinkId>(), .link = link()},
            backend::DeleteLink{},
            backend::GetLink{},
            backend::SetNotifier{.notifier = notifier()},
            backend::DeleteNotifier{},
            backend::Suspend{},
            backend::Delete{},
            backend::Subscribe{.resume = coin(), .service = service()},
            backend::Fetch{.if_subscribed = coin()},
            backend::Ack{.message_id = values_.id<MessageId>(), .then_next = coin()},
            std::move(append),
            backend::Inspect{},
            std::move(subscribe_notifier),
            backend::SecureBySender{.sender_id = values_.id<SenderId>(), .key = key()},
            backend::RegisterService{.service = certified_service("MNP")},
            backend::SubscribeService{.service = certified_service("MN"), .resume = coin()},
            backend::ListService{.id = values_.id<ServiceId>(),
                                 .after = coin() ? values_.id<RecipientId>() : RecipientId{},
                                 .limit = static_cast<std::uint32_t>(1 + below(10'000))}};
  }
  backend::Service certified_service(std::string_view roles) {
    backend::Service out{.id = values_.id<ServiceId>(), .role = roles[below(roles.size())]};
    const Bytes hash = values_.bytes(out.certificate_hash.size());
    std::copy(hash.begin(), hash.end(), out.certificate_hash.begin());
    return out;
  }
  backend::OperationResult result() {
    backend::OperationResult out;
    out.outcome = static_cast<backend::Outcome>(below(8));
    const bool needs_record = out.outcome == backend::Outcome::stale || out.outcome == backend::Outcome::blocked;
    if (coin() || needs_record) out.record = std::make_shared<const backend::QueueRecord>(record());
    if (coin()) out.message = message();
    if (coin()) out.link = link();
    out.messages = static_cast<std::uint32_t>(below(1000));
    out.subscribed = coin();
    if (coin()) {
      backend::ServiceResult about{.ids = {}, .with_messages = {}, .last = {}, .more = coin()};
      for (std::size_t i = 0; i < below(5); ++i) about.ids.add(values_.bytes(kIdSize));
      for (std::size_t i = 0; i < below(5); ++i) about.with_messages.push_back(values_.id<RecipientId>());
      if (coin()) about.last = values_.id<RecipientId>();
      out.service = std::make_shared<const backend::ServiceResult>(std::move(about));
    }
    return out;
  }
  std::vector<backend::Event> events() {
    backend::Notified notified{.notifier_id = values_.id<NotifierId>(), .notifications = {}};
    for (std::size_t i = 0; i < below(5); ++i) notified.notifications.push_back(values_.notification());
    return {backend::MessageReady{.queue = values_.id<RecipientId>(), .message = coin() ? message() : nullptr},
            backend::Ended{.role = role(), .id = values_.id<RecipientId>().bytes},
            backend::Deleted{.role = role(), .id = values_.id<NotifierId>().bytes},
            std::move(notified),
            backend::Blocked{.queue = values_.id<RecipientId>(), .blocking = blocking()},
            backend::ServiceEnded{.service = values_.id<ServiceId>()}};
  }

 private:
  ::sotto::queue::TestValues values_;
};

}  // namespace sotto::contract
