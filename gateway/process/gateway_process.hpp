// GatewayProcess: sotto-gateway: a gateway over the replicas of the queue service. Owned by main() or a test.
// Everything from one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/process/settings.hpp"
#include "libs/base/clock.hpp"
#include "libs/runtime/program.hpp"

namespace sotto::gateway {

class GatewayProcess final : public runtime::Process {
 public:
  // Loads the identity, begins to connect to the queue service and listens. No replica need be there yet: until one is,
  // it is not ready, and commands are answered with ERR STORE. configuration with key, value and remedy when something
  // is in the way. `clock` must outlive it.
  static Result<std::unique_ptr<GatewayProcess>> start(const ProgramSettings& settings, const Clock& clock);
  // Answers what is left and ends.
  ~GatewayProcess() override;

  // Bound ports, in the order of the settings (those that were skipped are missing).
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const;

  void expose(metrics::Metrics& metrics, Health& health) override;
  void announce() const override;
  // The identity.
  void reload() override;
  [[nodiscard]] std::chrono::milliseconds close_time() const override;
  void drain() override;

 private:
  struct Parts;
  explicit GatewayProcess(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::gateway
