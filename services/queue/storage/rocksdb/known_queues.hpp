// KnownQueues: what the database has of the queues that were used lately, so that a command on one of them reads
// nothing: of a message's life, three reads and 20 us of CPU (docs/performance.md). Bounded; what was not used for
// longest goes first, roughly.
//
// Owned by RocksDbQueueStore, whose transactions are the only ones that write these rows, one at a time: it holds what
// is committed, and nothing of a transaction that is under way. Used by the thread that has the transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "services/queue/storage/rocksdb/rows.hpp"

namespace sotto::queue {

struct KnownQueue {
  struct Counters {
    StoredCounters value;
    bool stored = false;  // there is a row of them
  };
  struct Head {
    std::uint64_t sequence = 0;
    MessageLabel label;
  };
  RecordPtr record;                  // a null pointer: not known; absence is not remembered
  std::optional<Counters> counters;  // absent: not known
  std::optional<Head> head;          // of the message with this sequence, whether it is still the oldest or not
};

class KnownQueues {
 public:
  // About 600 bytes each.
  explicit KnownQueues(std::size_t limit = 8192) : generation_(limit / 2) {}

  // Null when nothing is known. Valid until the next call.
  KnownQueue* find(const RecipientId& id);
  // The same, to be filled.
  KnownQueue& at(const RecipientId& id);
  void forget(const RecipientId& id);
  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Map = std::unordered_map<RecipientId, KnownQueue>;

  // Two generations: what is used is young; when that are as many as half of all, they become the old ones, and what
  // was old goes.
  const std::size_t generation_;
  Map young_;
  Map old_;
};

}  // namespace sotto::queue
