// QueueConfig: what can be set of the rules of queues in every program that holds the queue service (sotto-server,
// sotto-queue), and the rows of their tables for it. A value; const after start, then any thread may read it.
#pragma once

#include <chrono>
#include <cstdint>

#include "libs/config/table.hpp"
#include "services/queue/domain/group_commit.hpp"

namespace sotto::queue {

struct QueueConfig {
  // [queues]
  std::uint32_t quota = 0;  // messages in a queue
  std::chrono::milliseconds message_lifetime{};
  std::chrono::milliseconds expiry_interval{};
  bool expire_on_start = true;
  bool expire_on_send = false;
};

// The section [queues].
void queue_rows(config::Table& table, QueueConfig& config);

// As the domain wants it.
GroupCommitSettings group_commit_settings(const QueueConfig& config);

}  // namespace sotto::queue
