// HttpExposer: GET /metrics over HTTP for Prometheus, without protection: listen on a loopback or cluster address only.
// Owned by the program; serves from start() until destroyed, on two threads of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/base/result.hpp"
#include "libs/observability/metrics.hpp"

namespace sotto::metrics {

class HttpExposer {
 public:
  // `address`: IPv4 or IPv6 without brackets. `port` 0: a free one. Keeps what it needs of `metrics` alive.
  // configuration when it cannot listen there.
  static Result<HttpExposer> start(const Metrics& metrics, const std::string& address, std::uint16_t port);

  HttpExposer(HttpExposer&&) noexcept;
  HttpExposer& operator=(HttpExposer&&) noexcept;
  HttpExposer(const HttpExposer&) = delete;
  HttpExposer& operator=(const HttpExposer&) = delete;
  ~HttpExposer();

  [[nodiscard]] std::uint16_t port() const;

 private:
  struct State;
  explicit HttpExposer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sotto::metrics
