// QueueProcess: sotto-queue: the queue service over PostgreSQL and Redis, served to gateways by gRPC. Owned by main()
// or a test. Everything from one thread.
#pragma once

#include <memory>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/runtime/program.hpp"
#include "services/queue/process/settings.hpp"

namespace sotto::queue {

class QueueProcess final : public runtime::Process {
 public:
  // Serves. PostgreSQL and Redis need not be there yet: until they are, it is not ready, and operations are answered
  // `unavailable`. conflict: the schema of the database is not the one that this program knows; unauthenticated,
  // not_found, configuration: the database, the keys or an address cannot be used as they are set. `clock` must outlive
  // it.
  static Result<std::unique_ptr<QueueProcess>> start(const ProgramSettings& settings, const Clock& clock);
  // Finishes what was submitted, and ends.
  ~QueueProcess() override;

  // Bound ports, in the order of the settings.
  [[nodiscard]] std::vector<int> ports() const;

  void expose(metrics::Metrics& metrics, Health& health) override;
  void announce() const override;
  void drain() override;

 private:
  struct Parts;
  explicit QueueProcess(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::queue
