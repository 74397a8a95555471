// ServerShape: what answers the clients of a test: a standalone server, or a platform of two gateways and two queue
// services over PostgreSQL and Redis, all in the test's own process and with the test's clock. The environment variable
// SOTTO_TEST_SHAPE ("standalone", which is the default, or "platform") chooses, so that the same tests run over both.
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libs/backend/record.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/ids.hpp"
#include "libs/base/result.hpp"

namespace sotto::test {

class ServerShape {
 public:
  virtual ~ServerShape() = default;
  // One of each gateway.
  [[nodiscard]] virtual const std::vector<std::uint16_t>& ports() const = 0;
  [[nodiscard]] virtual std::vector<std::string> warnings() const = 0;
  virtual std::uint64_t expire_now() = 0;
  virtual Status compact() = 0;
  [[nodiscard]] virtual std::uint64_t stored_queues() = 0;
  [[nodiscard]] virtual std::uint64_t stored_messages() = 0;
  // What an administrator does, on the first queue service of a platform.
  virtual Status block_queue(const SenderId& queue, const backend::Blocking& blocking) = 0;
  virtual Status unblock_queue(const SenderId& queue) = 0;
  virtual Status delete_queue(const SenderId& queue) = 0;
  // The value of a metric, labels included in the name; the sum over all gateways, or queue services. Throws when there
  // is no such line.
  [[nodiscard]] virtual double metric(const std::string& name) = 0;
  // Finishes what is under way, and stops.
  virtual void stop() = 0;
};

struct ShapeOptions {
  // Of sotto-server; those that a platform has no use for are left out there.
  std::vector<std::string> flags;
  std::vector<std::string> environment;  // "NAME=value"
  std::filesystem::path identity_dir;
  std::filesystem::path data_dir;  // of standalone. A platform keeps its database in the object that is restarted
};

// Where the data of a platform is, over restarts of its processes. Nothing for standalone.
class PlatformData;

[[nodiscard]] bool shape_is_platform();
// Throw when the server does not start.
std::unique_ptr<ServerShape> start_standalone(const ShapeOptions& options, const Clock& clock);
std::unique_ptr<ServerShape> start_platform(const ShapeOptions& options, PlatformData& data, const Clock& clock);

// A new, empty database of its own on a server that all of the test process shares.
std::shared_ptr<PlatformData> make_platform_data();

}  // namespace sotto::test
