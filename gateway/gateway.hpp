// Gateway: accepts connections of SMP clients and serves them over a QueueBackend. Owned by the program. start() and
// stop() from one thread; deliver() and, between them, use_identity() from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/context.hpp"
#include "gateway/tls/served_identity.hpp"

namespace sotto::gateway {

class Worker;

class Gateway final : public backend::EventSink {
 public:
  // All but the first two must outlive it.
  static std::unique_ptr<Gateway> create(GatewaySettings settings, ServedIdentityPtr identity,
                                         backend::QueueBackend& queues, backend::AccessPolicy& access,
                                         const Clock& clock, NameResolver* names = nullptr, Relays* relays = nullptr,
                                         Web* web = nullptr);
  ~Gateway() override;

  struct Started {
    std::vector<std::uint16_t> ports;   // as bound, in the order of settings.listen, each family once
    std::vector<std::string> warnings;  // listeners that were skipped, and why
  };
  // Binds and listens, then serves on threads of its own. Each family has a listener of its own, and one that the
  // machine lacks is skipped. configuration, naming address, port and remedy: a required listener cannot be had, or
  // none at all.
  Result<Started> start();
  // Stops accepting, closes all connections over settings.close_time, each when its commands in progress are answered
  // (within settings.drain_timeout), and ends the threads. Once.
  void stop();

  // Connections that are accepted from now on show `identity`, which has the fingerprint of the first one; those that
  // are there stay as they are. After start().
  void use_identity(const ServedIdentityPtr& identity);

  void deliver(backend::SessionRef session, backend::Event event) override;
  void resume(std::function<bool(backend::SessionRef)> concerned) override;
  void hold() override;
  void release() override;

  [[nodiscard]] const GatewayCounters& counters() const { return context_->counters; }

 private:
  class Listener;
  Gateway(std::unique_ptr<GatewayContext> context, ServedIdentityPtr identity);
  Worker& next_worker();

  std::unique_ptr<GatewayContext> context_;
  ServedIdentityPtr identity_;  // until the workers have it
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::size_t next_worker_ = 0;  // used by the first worker's thread only
  bool stopped_ = false;
};

}  // namespace sotto::gateway
