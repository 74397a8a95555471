// Gateway: accepts connections of SMP clients and serves them over a QueueBackend. Owned by the program. start() and
// stop() from one thread; deliver() from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/context.hpp"

namespace sotto::gateway {

class Worker;

class Gateway final : public backend::EventSink {
 public:
  // `queues`, `access` and `clock` must outlive it. configuration: the identity cannot be used for TLS.
  static Result<std::unique_ptr<Gateway>> create(GatewaySettings settings, Identity identity,
                                                 backend::QueueBackend& queues, backend::AccessPolicy& access,
                                                 const Clock& clock);
  ~Gateway() override;

  struct Started {
    std::vector<std::uint16_t> ports;   // as bound, in the order of settings.listen, each family once
    std::vector<std::string> warnings;  // listeners that were skipped, and why
  };
  // Binds and listens, then serves on threads of its own. Each family has a listener of its own, and one that the
  // machine lacks is skipped. configuration, naming address, port and remedy: a required listener cannot be had, or
  // none at all.
  Result<Started> start();
  // Stops accepting, lets commands in progress finish (settings.drain_timeout), closes all connections and ends the
  // threads. Once.
  void stop();

  void deliver(backend::SessionRef session, backend::Event event) override;
  void resume(std::function<bool(backend::SessionRef)> concerned) override;
  void hold() override;
  void release() override;

  [[nodiscard]] const GatewayCounters& counters() const { return context_->counters; }

 private:
  class Listener;
  explicit Gateway(std::unique_ptr<GatewayContext> context);
  Worker& next_worker();

  std::unique_ptr<GatewayContext> context_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::size_t next_worker_ = 0;  // used by the first worker's thread only
  bool stopped_ = false;
};

}  // namespace sotto::gateway
