#include "libs/directory/session_keys.hpp"

#include <algorithm>

namespace sotto::directory {
namespace {

constexpr std::uint8_t kFormat = 1;

void put(SessionValue& out, std::size_t at, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i) out[at + i] = static_cast<std::uint8_t>(number >> (56U - 8U * i));
}
std::uint64_t get(ByteView value, std::size_t at) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : value.subspan(at, 8)) number = (number << 8U) | byte;
  return number;
}

// Numbers of Lua hold 53 bits, and its comparison of strings depends on the locale: hence two halves.
constexpr std::string_view kNewer = R"(
local function newer(held, session)
  if not held or #held ~= 17 or held:byte(1) ~= 1 then return false end
  local held_high, held_low = struct.unpack('>I4I4', held, 2)
  local high, low = struct.unpack('>I4I4', session, 2)
  return held_high > high or (held_high == high and held_low > low)
end
)";

const redis::Script& hold_unless_newer_script() {
  static const redis::Script script(std::string(kNewer) + R"(
local held = redis.call('GET', KEYS[1])
if newer(held, ARGV[1]) then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
)");
  return script;
}

const redis::Script& hold_if_free_script() {
  static const redis::Script script(R"(
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
)");
  return script;
}

const redis::Script& release_script() {
  static const redis::Script script(R"(
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then redis.call('DEL', KEYS[1]) end
return held
)");
  return script;
}

}  // namespace

SessionValue encode_session(SessionRef session) {
  SessionValue out{};
  out[0] = kFormat;
  put(out, 1, session.connection);
  put(out, 9, session.gateway);
  return out;
}

std::optional<SessionRef> decode_session(ByteView value) {
  if (value.size() != std::tuple_size_v<SessionValue> || value[0] != kFormat) return std::nullopt;
  return SessionRef{.gateway = get(value, 9), .connection = get(value, 1)};
}

redis::Command hold(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime) {
  const SessionValue value = encode_session(session);
  redis::Command command("SET");
  command.key(key.prefix, key.rest).arg(ByteView(value)).arg("GET").arg("PX").arg(lifetime.count());
  return command;
}

redis::Command hold_unless_newer(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime) {
  const SessionValue value = encode_session(session);
  redis::Command command(hold_unless_newer_script(), 1);
  command.key(key.prefix, key.rest).arg(ByteView(value)).arg(lifetime.count());
  return command;
}

redis::Command hold_if_free(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime) {
  const SessionValue value = encode_session(session);
  redis::Command command(hold_if_free_script(), 1);
  command.key(key.prefix, key.rest).arg(ByteView(value)).arg(lifetime.count());
  return command;
}

redis::Command release(SessionKey key) {
  return redis::Command("GETDEL").key(key.prefix, key.rest);
}

redis::Command release_if_held_by(SessionKey key, SessionRef session) {
  const SessionValue value = encode_session(session);
  redis::Command command(release_script(), 1);
  command.key(key.prefix, key.rest).arg(ByteView(value));
  return command;
}

redis::Command holder(SessionKey key) {
  return redis::Command("GET").key(key.prefix, key.rest);
}

std::optional<SessionRef> session_of(const redis::Reply& reply) {
  return decode_session(reply.bytes());
}

std::string_view lua_newer() {
  return kNewer;
}

}  // namespace sotto::directory
