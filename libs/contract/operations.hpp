// Operations and their results ⇄ sotto.queue.v1; values.hpp says what holds for all conversions. Any thread.
#pragma once

#include <cstddef>

#include "libs/backend/queue_backend.hpp"
#include "libs/contract/values.hpp"

namespace sotto::contract {

// What administrators do is not said on the stream: such an operation comes out without action, which every service
// answers with `unavailable`.
void to_proto(const backend::Operation& operation, queue::Operation& out);
// An action that is not there, or that this version does not know, is an error, too.
Result<backend::Operation> from_proto(const queue::Operation& in);

void to_proto(const backend::OperationResult& result, queue::OperationResult& out);
// An outcome that this version does not know is `unavailable`.
Result<backend::OperationResult> from_proto(const queue::OperationResult& in);

// Bytes of message bodies, link data and metadata: what makes an operation or a result large.
std::size_t body_bytes(const backend::Operation& operation);
std::size_t body_bytes(const backend::OperationResult& result);

}  // namespace sotto::contract
