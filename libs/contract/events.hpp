// Events for sessions ⇄ sotto.queue.v1.Event; values.hpp says what holds for all conversions. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "libs/backend/queue_backend.hpp"
#include "libs/contract/values.hpp"

namespace sotto::contract {

// `connection`: of the session that it is for; its gateway is known from where the event is sent.
void to_proto(std::uint64_t connection, const backend::Event& event, queue::Event& out);
// Nothing: an event of a newer service, to be ignored.
Result<std::optional<backend::Event>> from_proto(const queue::Event& in);

// Bytes of bodies, metadata and notices in it.
std::size_t body_bytes(const backend::Event& event);

}  // namespace sotto::contract
