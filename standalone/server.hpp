// Server: gateway and queue logic over the embedded store, in one process. Owned by main() or a test. Everything from
// one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/runtime/program.hpp"
#include "standalone/settings/settings.hpp"

namespace sotto::queue {
class QueueAdministration;
}  // namespace sotto::queue

namespace sotto::standalone {

class Server final : public runtime::Process {
 public:
  struct Parts;  // parts.hpp

  // Opens the store, loads the identity, listens. configuration with key, value and remedy when something is in the
  // way. `clock` must outlive it.
  static Result<std::unique_ptr<Server>> start(const ServerSettings& settings, const Clock& clock);
  ~Server() override;

  // Bound ports, in the order of the settings (those that were skipped are missing).
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const;
  // What did not stop the start, for the log: a skipped listener, an open server, a CA key that lies beside the others.
  [[nodiscard]] const std::vector<std::string>& warnings() const;
  // Blocks, unblocks, shows and removes queues. It lives as long as the server; unavailable once the server stops.
  [[nodiscard]] queue::QueueAdministration& queue_administration();
  // Removes expired messages now; returns how many (tests move the clock and call it).
  std::uint64_t expire_now();
  // What deleted messages left on disk goes, now.
  Status compact();
  [[nodiscard]] std::uint64_t stored_queues() const;
  [[nodiscard]] std::uint64_t stored_messages() const;
  void expose(metrics::Metrics& metrics, Health& health) override;
  void announce() const override;
  // The identity, and who administers.
  void reload() override;
  [[nodiscard]] std::chrono::milliseconds close_time() const override;
  // Connections only: the store stays open for what still asks it.
  void drain() override;
  // Drains, finishes what was asked, closes the store. Callbacks of expose() are released before. Once; the destructor
  // does it too.
  void stop();

 private:
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sotto::standalone
