// AuthProcess: sotto-auth: passwords, policy and audit over PostgreSQL, limits of attempts over Redis, served to
// gateways by gRPC, and to administrators. Owned by main() or a test. Everything from one thread.
#pragma once

#include <memory>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/runtime/program.hpp"
#include "services/auth/process/settings.hpp"

namespace sotto::auth {

class AuthProcess final : public runtime::Process {
 public:
  // Serves. PostgreSQL and Redis need not be there yet: without the first it is not ready and knows nothing, without
  // the second limits of attempts are its own. conflict: the schema of the database is not the one that this program
  // knows; unauthenticated, not_found, configuration: the database, the keys or an address cannot be used as they are
  // set. `clock` must outlive it.
  static Result<std::unique_ptr<AuthProcess>> start(const ProgramSettings& settings, const Clock& clock);
  // Answers what was asked, writes what was reported, and ends.
  ~AuthProcess() override;

  // Bound ports, in the order of the settings.
  [[nodiscard]] std::vector<int> ports() const;

  void expose(metrics::Metrics& metrics, Health& health) override;
  void announce() const override;
  // Who administers.
  void reload() override;
  void drain() override;

 private:
  struct Parts;
  explicit AuthProcess(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::auth
