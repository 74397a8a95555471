// Makes queues on the connections of a pool, many at a time. One thread, that of the pool.
#pragma once

#include <optional>
#include <vector>

#include "bench/load/client_pool.hpp"
#include "libs/smp-client/queue_handle.hpp"

namespace sotto::bench {

// Commands that a connection sends in one go while things are made.
inline constexpr std::size_t kCommandsAtOnce = 50;

// One queue for each of `owners`, in their order: the indices of the connections that make them.
std::vector<client::QueueHandle> make_queues(ClientPool& pool, const std::vector<std::size_t>& owners,
                                             const client::NewQueue& queue);
// Gives queues[i] a sender's key of this kind: with SKEY from connection senders[i] or, in versions without it, with
// KEY from recipients[i].
void secure_queues(ClientPool& pool, std::vector<client::QueueHandle>& queues, const std::vector<std::size_t>& senders,
                   const std::vector<std::size_t>& recipients, crypto::KeyKind kind);

// Sends request(i) for every i below owners.size() from connection owners[i], kCommandsAtOnce at a time of each
// connection, and gives every answer to `answered`. `what`: for the progress line.
void request_all(ClientPool& pool, const std::string& what, const std::vector<std::size_t>& owners,
                 const std::function<client::Request(std::size_t)>& request,
                 const std::function<void(std::size_t, const Result<client::Received>&)>& answered);

// Waits until the server has said to these connections whatever it had to say: for what comes once too often.
void hear_out(ClientPool& pool, const std::vector<std::size_t>& connections);

}  // namespace sotto::bench
