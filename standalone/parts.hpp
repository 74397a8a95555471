// What a standalone server is made of, in the order in which it is built. Owned by Server; only its own files use this.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/gateway.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/domain/notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/queue_store.hpp"
#include "standalone/password_policy.hpp"
#include "standalone/server.hpp"

namespace sotto::standalone {

// The services are there before the gateway that their events go to: events pass through here. Any thread.
class EventRelay final : public backend::EventSink {
 public:
  void set(backend::EventSink* target) { target_.store(target); }
  void deliver(backend::SessionRef session, backend::Event event) override {
    if (auto* target = target_.load()) target->deliver(session, std::move(event));
  }

 private:
  std::atomic<backend::EventSink*> target_{nullptr};
};

struct Server::Parts {
  std::vector<std::uint16_t> ports;
  std::vector<std::string> warnings;
  bool stopped = false;

  std::optional<PasswordPolicy> policy;
  EventRelay relay;
  // Outlives hub and commit, whose last completions hold connections of it.
  std::unique_ptr<gateway::Gateway> gateway;
  std::unique_ptr<queue::QueueStore> queues;
  std::unique_ptr<notification::NotificationStore> notifications;
  queue::InProcessDirectory directory;
  std::unique_ptr<notification::NotificationHub> hub;
  std::unique_ptr<queue::GroupCommit> commit;
};

void expose_parts(const Server::Parts& parts, metrics::Metrics& metrics);

}  // namespace sotto::standalone
