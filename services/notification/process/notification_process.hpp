// NotificationProcess: sotto-notification: a NotificationHub over Redis, served to queue services by gRPC. Owned by
// main() or a test. Everything from one thread.
#pragma once

#include <memory>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/runtime/program.hpp"
#include "services/notification/process/settings.hpp"

namespace sotto::notification {

class NotificationProcess final : public runtime::Process {
 public:
  // Serves. Redis need not be there yet: without it the process is not ready. configuration: an address cannot be used
  // as it is set. `clock` must outlive it.
  static Result<std::unique_ptr<NotificationProcess>> start(const ProgramSettings& settings, const Clock& clock);
  // Delivers what is collected, and ends.
  ~NotificationProcess() override;

  // Bound ports, in the order of the settings.
  [[nodiscard]] std::vector<int> ports() const;

  void expose(metrics::Metrics& metrics, Health& health) override;
  void announce() const override;
  void drain() override;

 private:
  struct Parts;
  explicit NotificationProcess(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::notification
