#include "services/notification/storage/redis/redis_notifications.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/directory/session_keys.hpp"

namespace sotto::notification {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kSecondsAt = 1 + crypto::kNonceSize;
constexpr std::size_t kNoteAt = kSecondsAt + 8;

// Under which id somebody listens to a notifier.
NotifierId listener_of(const NotifierId& notifier, const std::optional<ServiceId>& service) {
  return service ? NotifierId{service->bytes} : notifier;
}
std::string key_of(char kind, const NotifierId& id) {
  return std::string(1, kind) + "{:" + std::string(as_text(id.view())) + "}";
}
std::string listener_key(const NotifierId& listener) {
  return key_of('n', listener);
}
std::string pending_key(const NotifierId& notifier, const std::optional<ServiceId>& service) {
  if (!service) return key_of('p', notifier);
  return key_of('p', NotifierId{service->bytes}) + std::string(as_text(notifier.view()));
}
std::string waiting_key(const ServiceId& service) {
  return key_of('w', NotifierId{service.bytes});
}
std::string certificate_key(const ServiceId& service) {
  return key_of('c', NotifierId{service.bytes});
}
constexpr std::string_view kServices = "services";
// Of a service that did not subscribe since.
constexpr std::chrono::hours kCertificateLifetime{30 * 24};

directory::SessionKey whole(const std::string& key) {
  return {.prefix = key, .rest = {}};
}

// Notifiers whose notifications are taken at a time.
constexpr std::size_t kPage = 500;

// KEYS: listener, pending, and of a service's notifier those that wait. ARGV: lifetime, most, notifier, notifications.
// Answer: who listens, or how many old ones were dropped and how many wait now.
const redis::Script& place_script() {
  static const redis::Script script(R"(
local session = redis.call('GET', KEYS[1])
if session then return session end
if #ARGV == 3 then return {0, 0} end
local size = redis.call('RPUSH', KEYS[2], unpack(ARGV, 4))
local most = tonumber(ARGV[2])
redis.call('LTRIM', KEYS[2], -most, -1)
redis.call('PEXPIRE', KEYS[2], ARGV[1])
if KEYS[3] then
  redis.call('SADD', KEYS[3], ARGV[3])
  redis.call('PEXPIRE', KEYS[3], ARGV[1])
end
return {math.max(0, size - most), math.min(size, most)}
)");
  return script;
}

// KEYS: as above. ARGV: session, lifetime, whether it resumes, notifier. Answer: who listened, who listens, what
// waited.
const redis::Script& listen_script() {
  static const redis::Script script(std::string(directory::lua_newer()) + R"(
local former = redis.call('GET', KEYS[1])
if ARGV[3] == '1' and newer(former, ARGV[1]) then return {former, former} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local pending = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
if KEYS[3] then redis.call('SREM', KEYS[3], ARGV[4]) end
return {former, ARGV[1], pending}
)");
  return script;
}

// KEYS: as above; ARGV: notifier. Nobody listens to the notifier this way any more. Answer: who listened, what waited.
const redis::Script& leave_script() {
  static const redis::Script script(R"(
local former = redis.call('GET', KEYS[1])
local pending = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
if KEYS[3] then
  redis.call('SREM', KEYS[3], ARGV[1])
else
  redis.call('DEL', KEYS[1])
end
return {former, pending}
)");
  return script;
}

// KEYS: a list. Answer: what was in it.
const redis::Script& take_script() {
  static const redis::Script script(R"(
local pending = redis.call('LRANGE', KEYS[1], 0, -1)
redis.call('DEL', KEYS[1])
return pending
)");
  return script;
}

redis::Command script_for(const redis::Script& script, const NotifierId& notifier,
                          const std::optional<ServiceId>& service) {
  redis::Command command(script, service ? 3 : 2);
  command.key(listener_key(listener_of(notifier, service))).key(pending_key(notifier, service));
  if (service) command.key(waiting_key(*service));
  return command;
}

redis::Command leave_command(const NotifierRef& notifier) {
  auto command = script_for(leave_script(), notifier.id, notifier.service);
  command.arg(notifier.id.view());
  return command;
}

void take_pending(const redis::Reply& list, std::vector<Notification>& out) {
  for (const auto& value : list.array()) {
    if (auto notification = decode_notification(value.bytes())) out.push_back(std::move(*notification));
  }
}

}  // namespace

Bytes encode_notification(const Notification& notification) {
  Bytes out;
  out.reserve(kNoteAt + notification.encrypted_meta.size());
  out.push_back(kFormat);
  append(out, notification.nonce);
  const auto seconds = static_cast<std::uint64_t>(notification.seconds);
  for (unsigned shift = 64; shift > 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(seconds >> (shift - 8U)));
  append(out, notification.encrypted_meta);
  return out;
}

std::optional<Notification> decode_notification(ByteView value) {
  if (value.size() < kNoteAt || value[0] != kFormat) return std::nullopt;
  Notification out;
  const ByteView nonce = value.subspan(1, out.nonce.size());
  std::copy(nonce.begin(), nonce.end(), out.nonce.begin());
  std::uint64_t seconds = 0;
  for (const std::uint8_t byte : value.subspan(kSecondsAt, 8)) seconds = (seconds << 8U) | byte;
  out.seconds = static_cast<std::int64_t>(seconds);
  out.encrypted_meta = to_bytes(value.subspan(kNoteAt));
  return out;
}

std::vector<Result<redis::Reply>> RedisNotifications::execute(std::vector<redis::Command> commands) {
  return client_.execute(std::move(commands), std::chrono::steady_clock::now() + options_.deadline);
}

Placed RedisNotifications::place(std::span<Bundle> bundles) {
  std::vector<redis::Command> commands;
  commands.reserve(bundles.size());
  for (const auto& bundle : bundles) {
    auto command = script_for(place_script(), bundle.notifier, bundle.service);
    command.arg(options_.lifetime.count()).arg(options_.max_pending).arg(bundle.notifier.view());
    for (const auto& each : bundle.notifications) command.arg(ByteView(encode_notification(each)));
    commands.push_back(std::move(command));
  }
  Placed placed;
  std::vector<PendingIndex::Waiting> waiting;
  const auto replies = execute(std::move(commands));
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    auto& listener = placed.listeners.emplace_back();
    if (!replies[i]) {
      ++placed.failures;
    } else if (const redis::Reply& reply = *replies[i]; reply.is_array()) {
      const auto stored = std::exchange(bundles[i].notifications, {});
      placed.stored += stored.size();
      placed.dropped_old += static_cast<std::uint64_t>(reply[0].integer());
      if (stored.empty()) continue;
      waiting.push_back({.notifier = bundles[i].notifier,
                         .notifications = static_cast<std::uint64_t>(reply[1].integer()),
                         .first = stored.front().seconds,
                         .last = stored.back().seconds});
    } else {
      listener = directory::session_of(*replies[i]);
    }
  }
  index_.waits(waiting);
  return placed;
}

redis::Command RedisNotifications::listen_command(const Listen& request) const {
  const auto value = directory::encode_session(request.session);
  auto command = script_for(listen_script(), request.notifier, request.service);
  command.arg(ByteView(value)).arg(options_.lifetime.count()).arg(request.resume ? 1 : 0);
  command.arg(request.notifier.view());
  return command;
}

std::vector<Listened> RedisNotifications::listen(std::span<const Listen> requests) {
  std::vector<redis::Command> commands;
  commands.reserve(requests.size());
  for (const auto& request : requests) {
    if (request.former) commands.push_back(leave_command(*request.former));
    commands.push_back(listen_command(request));
  }
  const auto replies = execute(std::move(commands));
  std::vector<Listened> out;
  std::vector<NotifierId> taken;
  out.reserve(requests.size());
  std::size_t next = 0;
  for (const auto& request : requests) {
    const auto session = request.session;
    const auto key = listener_of(request.notifier, request.service);
    Listened& answer = out.emplace_back();
    if (request.former) {
      const auto& left = replies[next++];
      if (left) {
        answer.left = directory::session_of((*left)[0]);
        take_pending((*left)[1], answer.pending);
        if (answer.left && !request.former->service) book_.remove(*answer.left, request.notifier);
      } else {
        answer.failed = true;
      }
    }
    const auto& listened = replies[next++];
    if (!listened) {
      answer.failed = true;
      // It may have been done.
      book_.add(session, key);
      continue;
    }
    const redis::Reply& reply = *listened;
    answer.former = directory::session_of(reply[0]);
    answer.listens = directory::session_of(reply[1]) == session;
    if (answer.listens) book_.add(session, key);
    if (answer.former && answer.former != session && answer.listens) book_.remove(*answer.former, key);
    take_pending(reply[2], answer.pending);
    if (!answer.pending.empty()) taken.push_back(request.notifier);
  }
  index_.taken(taken);
  return out;
}

ListenedService RedisNotifications::listen_service(const backend::Service& service, SessionRef session, bool resume) {
  note_service(service);
  const NotifierId listener{service.id.bytes};
  const auto key = listener_key(listener);
  std::vector<redis::Command> commands;
  commands.push_back(directory::holder(whole(key)));
  commands.push_back(resume ? directory::hold_unless_newer(whole(key), session, options_.lifetime)
                            : directory::hold(whole(key), session, options_.lifetime));
  const auto replies = execute(std::move(commands));
  ListenedService out;
  if (!replies[0] || !replies[1]) {
    out.failed = true;
    book_.add(session, listener);
    return out;
  }
  out.former = directory::session_of(*replies[0]);
  // Who holds it now, or for hold(), which always does, who held it.
  out.listens = !resume || directory::session_of(*replies[1]) == session;
  if (out.listens) {
    book_.add(session, listener);
    if (out.former && *out.former != session) book_.remove(*out.former, listener);
  }
  return out;
}

void RedisNotifications::note_service(const backend::Service& service) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  client_.send(std::move(redis::Command("ZADD").key(kServices).arg(now.count()).arg(service.id.view())));
  client_.send(std::move(
      redis::Command("ZREMRANGEBYRANK").key(kServices).arg(0).arg(-static_cast<std::int64_t>(kMostServices) - 1)));
  client_.send(std::move(redis::Command("SET")
                             .key(certificate_key(service.id))
                             .arg(ByteView(service.certificate_hash))
                             .arg("EX")
                             .arg(std::chrono::seconds(kCertificateLifetime).count())));
}

Result<std::vector<ServiceStatus>> RedisNotifications::services() {
  std::vector<redis::Command> first;
  first.push_back(std::move(redis::Command("ZREVRANGE").key(kServices).arg(0).arg(-1)));
  const auto listed = execute(std::move(first));
  if (!listed[0]) return listed[0].error();
  std::vector<redis::Command> commands;
  for (const auto& member : listed[0]->array()) {
    const auto id = ServiceId::from(member.bytes());
    if (!id) continue;
    commands.push_back(std::move(redis::Command("GET").key(certificate_key(*id))));
    commands.push_back(directory::holder(whole(listener_key(NotifierId{id->bytes}))));
    commands.push_back(std::move(redis::Command("SCARD").key(waiting_key(*id))));
  }
  const auto replies = execute(std::move(commands));
  std::vector<ServiceStatus> out;
  for (std::size_t i = 0; i + 2 < replies.size(); i += 3) {
    for (const auto* reply : {&replies[i], &replies[i + 1], &replies[i + 2]}) {
      if (!*reply) return reply->error();
    }
    ServiceStatus status{.certificate_hash = {},
                         .subscribed = directory::session_of(*replies[i + 1]).has_value(),
                         .notifiers_pending = static_cast<std::uint64_t>(replies[i + 2]->integer())};
    const auto hash = replies[i]->bytes();
    if (hash.size() != status.certificate_hash.size()) continue;  // it was forgotten
    std::copy(hash.begin(), hash.end(), status.certificate_hash.begin());
    out.push_back(status);
  }
  return out;
}

Result<TakenPage> RedisNotifications::take_service(const ServiceId& service) {
  const auto waiting = waiting_key(service);
  std::vector<redis::Command> popped;
  popped.push_back(std::move(redis::Command("SPOP").key(waiting).arg(kPage)));
  const auto notifiers = execute(std::move(popped));
  if (!notifiers[0]) return notifiers[0].error();
  TakenPage page;
  std::vector<NotifierId> taken;
  std::vector<redis::Command> commands;
  for (const auto& member : notifiers[0]->array()) {
    const auto notifier = NotifierId::from(member.bytes());
    if (!notifier) continue;
    page.notifiers.emplace_back(*notifier, std::vector<Notification>());
    taken.push_back(*notifier);
    redis::Command command(take_script(), 1);
    commands.push_back(std::move(command.key(pending_key(*notifier, service))));
  }
  index_.taken(taken);
  page.more = notifiers[0]->array().size() == kPage;
  const auto replies = execute(std::move(commands));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (!replies[i]) return replies[i].error();
    take_pending(*replies[i], page.notifiers[i].second);
  }
  return page;
}

Removed RedisNotifications::remove(const NotifierRef& notifier) {
  std::vector<redis::Command> commands;
  commands.push_back(leave_command(notifier));
  const auto replies = execute(std::move(commands));
  Removed out;
  if (!replies[0]) {
    out.failed = true;
    return out;
  }
  out.listener = directory::session_of((*replies[0])[0]);
  if (out.listener && !notifier.service) book_.remove(*out.listener, notifier.id);
  index_.taken({notifier.id});
  return out;
}

void RedisNotifications::end_session(SessionRef session) {
  for (const auto& notifier : book_.take(session)) {
    client_.send(directory::release_if_held_by(whole(listener_key(notifier)), session));
  }
}

}  // namespace sotto::notification
