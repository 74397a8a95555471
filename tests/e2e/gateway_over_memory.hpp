// A gateway over stores in memory, with real connections, and `Front` between the gateway and the queues: what a test
// wants to see, or to hold back. One I/O thread.
#pragma once

#include <memory>

#include "gateway/access/password_policy.hpp"
#include "gateway/gateway.hpp"
#include "gateway/tls/served_identity.hpp"
#include "libs/backend/event_relay.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "tests/e2e/e2e_test.hpp"

namespace sotto::test {

// `Front` is a QueueBackend that is made from the one behind it.
template <class Front>
class GatewayOverMemory : public testing::Test {
 protected:
  GatewayOverMemory() {
    fingerprint_ = write_identity(identity_.path());
    gateway::GatewaySettings settings;
    settings.listen = {{"127.0.0.1", 0, true}};
    settings.versions = {smp::kMinVersion, smp::kMaxVersion};
    settings.io_threads = 1;
    settings.max_blocks_in_flight = kPlaces;
    gateway_ = gateway::Gateway::create(std::move(settings),
                                        *gateway::load_served_identity(identity_.path(), clock_.system_now()), backend,
                                        access_, clock_);
    events_.set(gateway_.get());
    port_ = gateway_->start()->ports.front();
  }
  ~GatewayOverMemory() override {
    gateway_->stop();
    commit_.stop();
  }

  static constexpr std::size_t kPlaces = 64;  // for blocks in flight

  [[nodiscard]] std::unique_ptr<SyncClient> connect() const { return connected(local_server(port_, fingerprint_)); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const crypto::Fingerprint& fingerprint() const { return fingerprint_; }
  [[nodiscard]] const gateway::Gateway& gateway() const { return *gateway_; }
  void stop() { gateway_->stop(); }

 private:
  SystemClock clock_;
  TempDir identity_;
  crypto::Fingerprint fingerprint_{};
  std::uint16_t port_ = 0;
  gateway::PasswordPolicy access_{std::nullopt, true};
  backend::EventRelay events_;
  std::unique_ptr<gateway::Gateway> gateway_;  // outlives whose completions hold connections of it
  queue::MemoryQueueStore queues_;
  notification::MemoryNotificationStore notifications_;
  queue::InProcessDirectory directory_;
  notification::NotificationHub hub_{notifications_, events_, clock_, {}};
  queue::GroupCommit commit_{{}, queues_, directory_, hub_, events_, clock_};

 protected:
  Front backend{commit_};
};

}  // namespace sotto::test
