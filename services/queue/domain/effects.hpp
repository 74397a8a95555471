// Effects: what a batch does outside the store, as values, so that it can wait until the store has committed. The
// domain asks the directory only then, too: a directory that processes share must never hold a subscription whose batch
// fails.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "libs/backend/notification_backend.hpp"
#include "libs/backend/queue_backend.hpp"

namespace sotto::queue {

// For the directory. What comes of the answer is said in settle.hpp.
struct AskDirectory {
  enum class Purpose : std::uint8_t {
    subscribe,  // the session subscribes, another one that did is told
    resume,     // the session says again that it subscribes
    remove,     // the queue is gone, its subscriber is told
    announce,   // there is a message that the subscriber waits for: it is told
    fetch,      // the result is for the subscriber only
    next,       // the message in the result is for the subscriber only
    inspect,    // the result says whether there is a subscriber
    block,      // the queue was blocked: its subscriber is told
    leave,      // it is subscribed to in another way from now on (alone, or as one of a service): who was is told
  };
  Purpose purpose = Purpose::subscribe;
  RecipientId queue;  // all zero: all queues of the service (subscribe and resume only)
  // The queue belongs to it: the subscriber is the service's.
  std::optional<ServiceId> service = std::nullopt;
  std::size_t result = 0;       // of the operation: its index in the results of the batch
  bool fresh = false;           // of subscribe: the batch made the queue, and nobody else knows an id of it yet
  backend::MessagePtr message;  // of announce; a null pointer: it is to be fetched
  backend::Blocking blocking;   // of block
};

// For the EventSink.
struct SendEvent {
  backend::SessionRef to;
  backend::Event event;
};
// For the NotificationBackend, each as the function of that name.
struct PushNotification {
  backend::NotifierRef notifier;
  backend::Notification notification;
};
struct SubscribeToNotifier {
  backend::NotifierRef notifier;
  std::optional<backend::NotifierRef> former = std::nullopt;
  backend::SessionRef session;
  bool resume = false;
};
struct SubscribeToService {
  backend::Service service;
  backend::SessionRef session;
  bool resume = false;
};
struct RemoveNotifier {
  backend::NotifierRef notifier;
  backend::SessionRef by;
};

using Effect =
    std::variant<AskDirectory, SendEvent, PushNotification, SubscribeToNotifier, SubscribeToService, RemoveNotifier>;

}  // namespace sotto::queue
