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

std::string key_of(char kind, const NotifierId& notifier) {
  return std::string(1, kind) + "{:" + std::string(as_text(notifier.view())) + "}";
}
std::string listener_key(const NotifierId& notifier) {
  return key_of('n', notifier);
}
std::string pending_key(const NotifierId& notifier) {
  return key_of('p', notifier);
}
directory::SessionKey whole(const std::string& key) {
  return {.prefix = key, .rest = {}};
}

// Answer: who listens, or how many old ones were dropped.
const redis::Script& place_script() {
  static const redis::Script script(R"(
local session = redis.call('GET', KEYS[1])
if session then return session end
if #ARGV == 2 then return 0 end
local size = redis.call('RPUSH', KEYS[2], unpack(ARGV, 3))
local most = tonumber(ARGV[2])
redis.call('LTRIM', KEYS[2], -most, -1)
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return math.max(0, size - most)
)");
  return script;
}

// Answer: who listened, who listens, what waited.
const redis::Script& listen_script() {
  static const redis::Script script(std::string(directory::lua_newer()) + R"(
local former = redis.call('GET', KEYS[1])
if ARGV[3] == '1' and newer(former, ARGV[1]) then return {former, former} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local pending = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
return {former, ARGV[1], pending}
)");
  return script;
}

const redis::Script& remove_script() {
  static const redis::Script script(R"(
local former = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[2])
return former
)");
  return script;
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
    redis::Command command(place_script(), 2);
    command.key(listener_key(bundle.notifier)).key(pending_key(bundle.notifier));
    command.arg(options_.lifetime.count()).arg(options_.max_pending);
    for (const auto& each : bundle.notifications) command.arg(ByteView(encode_notification(each)));
    commands.push_back(std::move(command));
  }
  Placed placed;
  const auto replies = execute(std::move(commands));
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    auto& listener = placed.listeners.emplace_back();
    if (!replies[i]) {
      ++placed.failures;
    } else if (replies[i]->is_integer()) {
      placed.stored += std::exchange(bundles[i].notifications, {}).size();
      placed.dropped_old += static_cast<std::uint64_t>(replies[i]->integer());
    } else {
      listener = directory::session_of(*replies[i]);
    }
  }
  return placed;
}

std::vector<Listened> RedisNotifications::listen(std::span<const Listen> requests) {
  std::vector<redis::Command> commands;
  commands.reserve(requests.size());
  for (const auto& request : requests) {
    const auto value = directory::encode_session(request.session);
    redis::Command command(listen_script(), 2);
    command.key(listener_key(request.notifier)).key(pending_key(request.notifier));
    command.arg(ByteView(value)).arg(options_.lifetime.count()).arg(request.resume ? 1 : 0);
    commands.push_back(std::move(command));
  }
  const auto replies = execute(std::move(commands));
  std::vector<Listened> out;
  out.reserve(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const auto& [notifier, session, resume] = requests[i];
    Listened& answer = out.emplace_back();
    if (!replies[i]) {
      answer.failed = true;
      // It may have been done.
      book_.add(session, notifier);
      continue;
    }
    const redis::Reply& reply = *replies[i];
    answer.former = directory::session_of(reply[0]);
    answer.listens = directory::session_of(reply[1]) == session;
    if (answer.listens) book_.add(session, notifier);
    if (answer.former && answer.former != session && answer.listens) book_.remove(*answer.former, notifier);
    for (const auto& value : reply[2].array()) {
      if (auto notification = decode_notification(value.bytes())) answer.pending.push_back(std::move(*notification));
    }
  }
  return out;
}

Removed RedisNotifications::remove(const NotifierId& notifier) {
  std::vector<redis::Command> commands;
  redis::Command command(remove_script(), 2);
  commands.push_back(std::move(command.key(listener_key(notifier)).key(pending_key(notifier))));
  const auto replies = execute(std::move(commands));
  Removed out;
  if (!replies[0]) {
    out.failed = true;
    return out;
  }
  out.listener = directory::session_of(*replies[0]);
  if (out.listener) book_.remove(*out.listener, notifier);
  return out;
}

void RedisNotifications::end_session(SessionRef session) {
  for (const auto& notifier : book_.take(session)) {
    client_.send(directory::release_if_held_by(whole(listener_key(notifier)), session));
  }
}

}  // namespace sotto::notification
