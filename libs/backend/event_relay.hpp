// EventRelay: an EventSink that passes events on to another one. What makes events is built before the gateway that
// they go to. Owned by the program, outlives whoever delivers. Any thread.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "libs/backend/queue_backend.hpp"

namespace sotto::backend {

class EventRelay final : public EventSink {
 public:
  // `target` must outlive this, or be replaced by null once nobody delivers any more. Until it is set, nobody
  // subscribes to anything: events are dropped.
  void set(EventSink* target) { target_.store(target); }

  void deliver(SessionRef session, Event event) override {
    if (auto* target = target_.load()) target->deliver(session, std::move(event));
  }
  void resume(std::function<bool(SessionRef)> concerned) override {
    if (auto* target = target_.load()) target->resume(std::move(concerned));
  }
  void hold() override {
    if (auto* target = target_.load()) target->hold();
  }
  void release() override {
    if (auto* target = target_.load()) target->release();
  }

 private:
  std::atomic<EventSink*> target_{nullptr};
};

}  // namespace sotto::backend
