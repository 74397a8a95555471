// Outbox: what waits to be written on the stream of one gateway, in order: results, events, what the service itself has
// to say. Values become messages only when they are taken into a frame. A gateway that does not read is bounded here:
//  - results by what is read from it (AttachStream stops reading);
//  - events by max_event_bytes, beyond which a message that is ready goes without its body, and by max_events, beyond
//    which all events that wait are dropped, and so are those that follow until the next frame is taken, which then
//    holds one Resume for all of them.
//
// Owned by an AttachStream and guarded by its mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/backend/queue_backend.hpp"
#include "libs/contract/values.hpp"
#include "services/queue/api/queue_server.hpp"

namespace sotto::queue {

class Outbox {
 public:
  struct Result {
    std::uint64_t number = 0;
    std::vector<backend::OperationResult> results;  // empty: all `unavailable`
    std::size_t operations = 0;
    std::size_t bytes = 0;
  };
  struct EventTo {
    std::uint64_t connection = 0;
    backend::Event event;
    bool relayed = false;
    std::size_t bytes = 0;
    std::size_t units = 1;  // towards max_events: one, and one for each notification in it
  };
  struct Welcome {
    std::string name;
  };
  struct Leaving {};
  using Item = std::variant<Result, EventTo, contract::common::Resume, Welcome, Leaving>;

  // Both must outlive this.
  Outbox(const QueueServerSettings& settings, QueueServerCounters& counters);

  void add(Item item);
  [[nodiscard]] bool empty() const { return items_.empty() && !events_lost_; }

  // The next frame's items. Their results are not in result_bytes() any more.
  std::vector<Item> take();
  // Of results that wait.
  [[nodiscard]] std::size_t result_bytes() const { return result_bytes_; }

 private:
  void add_event(EventTo event);
  void drop_events();

  const QueueServerSettings& settings_;
  QueueServerCounters& counters_;
  std::deque<Item> items_;
  std::size_t events_ = 0;
  std::size_t event_bytes_ = 0;
  std::size_t result_bytes_ = 0;
  bool events_lost_ = false;
};

// The items as they are sent.
void to_proto(const std::vector<Outbox::Item>& items, v1::ServiceFrame& out);

}  // namespace sotto::queue
