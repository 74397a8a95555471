// EventOutbox: what waits to be written on the stream of one queue service: events in order, the numbers of
// subscriptions that are registered, and what the service itself has to say. A client that does not read is bounded
// here: beyond max_events the oldest events go.
//
// Owned by a ClientStream and guarded by its mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "libs/contract/notifications.hpp"

namespace sotto::notification {

class EventOutbox {
 public:
  // Each notification counts as one, and so does any other event.
  struct Limits {
    std::size_t max_events = 65536;  // that wait
    std::size_t max_frame = 1024;    // in one frame; one event may be larger
  };
  explicit EventOutbox(Limits limits) : limits_(limits) {}

  // How many notifications and other events were dropped for it.
  std::size_t add(contract::SessionEvent event);
  void add_registered(std::uint64_t number) { registered_.push_back(number); }
  void welcome(const std::string& name) { welcome_ = name; }
  void leave() { leaving_ = true; }
  // All sessions of the client must subscribe again.
  void resume() { resume_ = true; }
  [[nodiscard]] bool empty() const {
    return events_.empty() && registered_.empty() && !welcome_ && !leaving_ && !resume_;
  }

  // The next frame; gives how many notifications and other events are in it.
  std::size_t take(v1::ServiceFrame& frame);

 private:
  static std::size_t weight(const contract::SessionEvent& event);

  const Limits limits_;
  std::deque<contract::SessionEvent> events_;
  std::size_t waiting_ = 0;
  std::vector<std::uint64_t> registered_;
  std::optional<std::string> welcome_;
  bool leaving_ = false;
  bool resume_ = false;
};

}  // namespace sotto::notification
