// Keys of Redis that hold a session: who subscribes to a queue, who listens to a notifier. The queue service and the
// notification service keep them by the same rules, so that replicas agree on them. Values and commands only; any
// thread.
//
// The value of such a key is 17 bytes: format (1), connection (8), gateway (8), big-endian.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/backend/queue_backend.hpp"
#include "libs/base/bytes.hpp"
#include "libs/base/result.hpp"
#include "libs/redis/command.hpp"
#include "libs/redis/reply.hpp"

namespace sotto::directory {

using backend::SessionRef;
using SessionValue = std::array<std::uint8_t, 17>;

SessionValue encode_session(SessionRef session);
// Nothing for bytes that are no session in the format that this program knows: such a key counts as absent.
std::optional<SessionRef> decode_session(ByteView value);

// prefix + rest, both viewed while a command is made.
struct SessionKey {
  std::string_view prefix;
  ByteView rest;
};

// The answers of all are the session that held the key, or nil; of hold_unless_newer() and hold_if_free() the one that
// holds it now.
// `lifetime` is when the key goes by itself; every hold starts it anew.
redis::Command hold(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime);
// Not when a newer connection holds it.
redis::Command hold_unless_newer(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime);
// Not when any holds it.
redis::Command hold_if_free(SessionKey key, SessionRef session, std::chrono::milliseconds lifetime);
redis::Command release(SessionKey key);
// Nothing, when another session holds it now.
redis::Command release_if_held_by(SessionKey key, SessionRef session);
redis::Command holder(SessionKey key);

std::optional<SessionRef> session_of(const redis::Reply& reply);

// Lua: defines the local function `newer(held, session)`, true when the value `held` (false: none) is of a newer
// connection than the value `session`. For scripts with more to do.
std::string_view lua_newer();

}  // namespace sotto::directory
