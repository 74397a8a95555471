// From what the backend says to what the client gets: encoded transmissions, message bodies, INFO, errors. Pure
// functions, any thread.
#pragma once

#include <optional>
#include <string>

#include "gateway/context.hpp"
#include "gateway/session/session.hpp"
#include "libs/smp/response.hpp"

namespace sotto::gateway {

// A whole transmission (without the length before it), in the version of the session or in another one (of a command
// that was forwarded).
Bytes encode_response(const smp::Response& response, ByteView corr_id, ByteView entity_id, const Session& session,
                      smp::Version version);
Bytes encode_response(const smp::Response& response, ByteView corr_id, ByteView entity_id, const Session& session);

// What MSG carries: the stored body, or for a quota marker (which is encrypted only now) `scratch`. Views either.
ByteView message_body(const backend::StoredMessage& message, const backend::QueueRecord& record, Bytes& scratch);

// The JSON of INFO (docs/wire.md section 7). `entry`: what this connection knows of the queue, or a null pointer.
std::string queue_info_json(const backend::QueueRecord& record, const backend::OperationResult& result,
                            const Subscriptions::Entry* entry);

smp::ProtocolError blocked_error(const backend::Blocking& blocking);
// ERR STORE: the store cannot answer now.
smp::ProtocolError store_error();

// A relay that cannot be had, for reasons that are ours: a client may then send directly, as with a host that its proxy
// cannot reach.
smp::ProtocolError no_relay_error();
// RSLV, by what the resolver says. Views the record of `answer`.
smp::Response answer_name(const NameAnswer& answer);
// RSLV without a resolver. Nothing for all other commands.
std::optional<smp::Response> answer_unconfigured(const smp::Command& command);

MessageId random_message_id();

}  // namespace sotto::gateway
