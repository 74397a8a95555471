// EventBus: how a queue service reaches a gateway that is attached to another replica: it publishes, and every replica
// that the gateway is attached to hears it. Best effort: what is lost is made good by EventSink::resume(). Implemented
// by storage/redis; used by api/, which knows what the bytes mean.
//
// Threads: any. Handlers are called on a thread of the bus and must not block.
#pragma once

#include <cstdint>
#include <functional>

#include "libs/base/bytes.hpp"

namespace sotto::queue {

class EventBus {
 public:
  virtual ~EventBus() = default;
  // To all that listen to `gateway`. Dropped when nobody does, or when too much waits to be sent.
  virtual void publish(std::uint64_t gateway, Bytes event) = 0;
  // The gateway is attached here: what is published for it goes to `handler`, until unlisten(). It is also kept in the
  // registry of live gateways meanwhile.
  virtual void listen(std::uint64_t gateway, std::function<void(ByteView)> handler) = 0;
  // When it returns, the handler is not running and will not be called again. Never from a handler.
  virtual void unlisten(std::uint64_t gateway) = 0;
};

}  // namespace sotto::queue
