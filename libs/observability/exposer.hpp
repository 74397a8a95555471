// HttpExposer: what a process tells about itself over HTTP, without protection: listen on a loopback or cluster address
// only. It answers GET, one request a connection:
//
//   /metrics  200, all metrics for Prometheus (text format 0.0.4)
//   /livez    200, always: who gets no answer here is stuck and should be restarted
//   /readyz   200 when the process can do its work, else 503; one line a check: "ok database" or "failed redis: why"
//
// Other paths are 404, other methods 405. Bounds: 64 connections (a further one ends the oldest), 8 KiB a request, 10
// seconds from the accepted connection to the end of the answer.
//
// Owned by the program; serves from start() until destroyed, on one thread of its own, which asks metrics and checks,
// too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/observability/health.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::metrics {

class HttpExposer {
 public:
  // `address`: IPv4 or IPv6 without brackets. `port` 0: a free one. Keeps what it needs of `metrics` alive; `health`
  // must outlive it (null: always ready). configuration when it cannot listen there.
  static Result<HttpExposer> start(const Metrics& metrics, const std::string& address, std::uint16_t port,
                                   const Health* health = nullptr);

  HttpExposer(HttpExposer&&) noexcept;
  HttpExposer& operator=(HttpExposer&&) noexcept;
  HttpExposer(const HttpExposer&) = delete;
  HttpExposer& operator=(const HttpExposer&) = delete;
  ~HttpExposer();

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Server;
  explicit HttpExposer(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace sotto::metrics
