// QueuesAtWork: which queues the blocks of a connection work on that are under way beside each other, and which
// commands of a further block may begin now without changing the order that a queue sees (docs/flow-control.md).
//
// Commands for one queue keep their order in the backend as long as each goes there once, and at once. A block that has
// to look a record up does not: nothing joins any of its queues. A SEND whose record turns out to be old goes there
// twice, behind those that came after it. So SENDs for one queue are under way together only when all were verified
// with the same version of the record: when one of them is old, so are all that follow it. Everything else waits until
// the queue is free.
//
// Owned by a connection; its I/O thread only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "libs/base/ids.hpp"

namespace sotto::gateway {

class QueuesAtWork {
 public:
  // As the client names the queue: a sender or recipient id. Both are random, so none is taken for the other.
  using EntityId = Id<struct EntityTag>;

  [[nodiscard]] bool is_free(const EntityId& queue) const { return !uses_.contains(queue); }
  // `version`: of the record with which a SEND is verified; nothing: the command has to be alone with its queue.
  [[nodiscard]] bool may_begin(const EntityId& queue, std::optional<std::uint64_t> version) const {
    const auto found = uses_.find(queue);
    return found == uses_.end() || (version && found->second.version == version);
  }
  void begin(const EntityId& queue, std::optional<std::uint64_t> version) {
    const auto [use, is_first] = uses_.try_emplace(queue, Use{version, 0});
    ++use->second.commands;
  }
  // A command is verified once more, or goes to the backend later or once more: nothing begins beside it.
  void in_doubt(const EntityId& queue) {
    if (const auto found = uses_.find(queue); found != uses_.end()) found->second.version.reset();
  }
  void end(const EntityId& queue) {
    if (const auto found = uses_.find(queue); --found->second.commands == 0) uses_.erase(found);
  }

 private:
  struct Use {
    std::optional<std::uint64_t> version;  // nothing: none may join
    std::uint32_t commands = 0;
  };
  std::unordered_map<EntityId, Use> uses_;
};

}  // namespace sotto::gateway
