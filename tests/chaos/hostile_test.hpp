// HostileTest: one sotto-server as a process, a Neighbour who must never notice anything, and the server's metrics.
// When the test is over, the server must have let go of every connection and end with 0, which a sanitizer would turn
// into something else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/chaos/neighbour.hpp"
#include "tests/support/load/seed.hpp"
#include "tests/support/server/server_process.hpp"
#include "tests/support/session/raw_session.hpp"

namespace sotto::test {

class HostileTest : public testing::Test {
 protected:
  void start(std::vector<std::string> flags = {});
  void TearDown() override;

  ServerProcess& server() { return *server_; }
  Neighbour& neighbour() { return *neighbour_; }
  Dice& dice() { return *dice_; }

  // TCP to the server, nothing sent.
  [[nodiscard]] std::unique_ptr<client::RawConnection> connect() const;
  // TLS, the server's hello read.
  [[nodiscard]] std::unique_ptr<RawSession> tls() const;
  // The SMP handshake done as well.
  [[nodiscard]] std::unique_ptr<RawSession> session(smp::Version version) const;

  // The value now of a metric, with its labels as in the exposition.
  [[nodiscard]] double metric(const std::string& name) const;
  // Connections closed for this reason until now.
  [[nodiscard]] double closed_because(const std::string& reason) const;
  // Waits until the server has closed so many for these reasons: it counts a connection about when it closes it.
  void expect_closed_for(const std::vector<std::string>& reasons, std::size_t count) const;
  // Waits until it is exactly (becomes) or at least (reaches) `value`; false when it is not in time.
  [[nodiscard]] bool becomes(const std::string& name, double value) const;
  [[nodiscard]] bool reaches(const std::string& name, double value) const;

 private:
  std::optional<Dice> dice_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Neighbour> neighbour_;
  std::uint16_t metrics_port_ = 0;
};

inline std::string closed_metric(const std::string& reason) {
  return "smp_connections_closed_total{reason=\"" + reason + "\"}";
}

}  // namespace sotto::test
