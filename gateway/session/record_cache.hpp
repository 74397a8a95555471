// RecordCache: queue records that an I/O thread has seen lately, by any of their ids. A record in it may be old: the
// backend refuses operations that were verified against an old one, so the cache saves a round trip and decides
// nothing. Owned by one I/O thread.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>

#include "libs/backend/record.hpp"

namespace sotto::gateway {

class RecordCache {
 public:
  // Keeps at most `capacity` records; the one that was not used for the longest time goes first.
  explicit RecordCache(std::size_t capacity) : capacity_(capacity) {}

  // A null pointer when it is not here.
  backend::RecordPtr find(backend::Role role, ByteView id);
  // Takes or replaces. An older version than the one here is ignored.
  void put(const backend::RecordPtr& record);
  void erase(const RecipientId& queue);
  [[nodiscard]] std::size_t size() const { return by_recipient_.size(); }

 private:
  using Order = std::list<backend::RecordPtr>;  // most recently used first
  void unlink_ids(const backend::QueueRecord& record);

  const std::size_t capacity_;
  Order order_;
  std::unordered_map<RecipientId, Order::iterator> by_recipient_;
  // Sender, link and notifier ids in one map: all are random, and a wrong role is checked when found.
  std::unordered_map<SenderId, RecipientId> aliases_;
};

}  // namespace sotto::gateway
