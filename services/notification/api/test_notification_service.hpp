// TestNotificationService: a replica of the notification service on a real port, over memory. Only tests include this.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/rpc/server.hpp"
#include "services/notification/api/notification_server.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/domain/notification_store.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::notification {

class TestNotificationService {
 public:
  // `store` must outlive this. Port 0: a free one.
  explicit TestNotificationService(NotificationStore& store, int port = 0,
                                   std::chrono::milliseconds interval = std::chrono::milliseconds(0))
      : server_(NotificationServerSettings{.name = "test"}) {
    hub_ = std::make_unique<NotificationHub>(store, server_, clock_, HubOptions{.interval = interval});
    server_.serve(*hub_, {.status = [this] { return status_of(hub_->counters(), 0, 0); },
                          .forget =
                              [this](backend::SessionRef session) {
                                ++forgotten;
                                hub_->forget_session(session);
                              }});
    listen("127.0.0.1:" + std::to_string(port));
  }
  TestNotificationService(const TestNotificationService&) = delete;
  TestNotificationService& operator=(const TestNotificationService&) = delete;
  ~TestNotificationService() { kill(); }

  // As a process that dies, as far as clients see it.
  void kill() {
    if (!rpc_) return;
    rpc_->shutdown(std::chrono::milliseconds(0));
    stop();
  }
  // As a process that is stopped.
  void drain() {
    server_.drain(std::chrono::seconds(30));
    stop();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string target() const { return "ipv4:127.0.0.1:" + std::to_string(port_); }
  NotificationServer& server() { return server_; }
  std::atomic<int> forgotten{0};
  NotificationHub& hub() { return *hub_; }
  [[nodiscard]] const NotificationServerCounters& counters() const { return server_.counters(); }

 private:
  void listen(const std::string& address) {
    test::wait_until("the port is free", [&] {
      auto started = rpc::Server::start({.listen = {address}}, server_.services());
      if (started) rpc_ = *std::move(started);
      return rpc_ != nullptr;
    });
    port_ = rpc_->ports().at(0);
  }
  void stop() {
    server_.drain(std::chrono::milliseconds(0));
    hub_.reset();
    server_.stop();
    rpc_->shutdown(std::chrono::milliseconds(0));
    rpc_.reset();
  }

  const SystemClock clock_;
  NotificationServer server_;
  std::unique_ptr<NotificationHub> hub_;
  std::unique_ptr<rpc::Server> rpc_;
  int port_ = 0;
};

}  // namespace sotto::notification
