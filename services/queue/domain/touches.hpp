// What the operations of a group will ask of a transaction, as hints for QueueStore::begin(). Pure; any thread.
#pragma once

#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "services/queue/domain/queue_store.hpp"

namespace sotto::queue {

// Adds what this operation will touch.
void add_touches(const backend::Operation& operation, std::vector<Touch>& touches);

}  // namespace sotto::queue
