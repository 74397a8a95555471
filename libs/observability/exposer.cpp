#include "libs/observability/exposer.hpp"

#include <exception>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <prometheus/exposer.h>

namespace sotto::metrics {
namespace {

constexpr std::size_t kThreads = 2;  // one scraper, and somebody who looks

}  // namespace

struct HttpExposer::State {
  std::shared_ptr<prometheus::Collectable> collectable;  // the exposer holds it weakly
  prometheus::Exposer exposer;
};

HttpExposer::HttpExposer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpExposer::HttpExposer(HttpExposer&&) noexcept = default;
HttpExposer& HttpExposer::operator=(HttpExposer&&) noexcept = default;
HttpExposer::~HttpExposer() = default;

Result<HttpExposer> HttpExposer::start(const Metrics& metrics, const std::string& address, std::uint16_t port) {
  const bool ipv6 = address.find(':') != std::string::npos;
  const auto endpoint = ipv6 ? fmt::format("[{}]:{}", address, port) : fmt::format("{}:{}", address, port);
  try {
    std::unique_ptr<State> state(new State{metrics.collectable(), prometheus::Exposer(endpoint, kThreads)});
    state->exposer.RegisterCollectable(state->collectable);
    return HttpExposer(std::move(state));
  } catch (const std::exception&) {  // the HTTP library says no more than that it failed
    return Error{
        ErrorCode::configuration,
        fmt::format("metrics cannot listen on {}: the port is in use, needs more rights, or the address is not "
                    "of this machine; set another metrics.listen",
                    endpoint)};
  }
}

std::uint16_t HttpExposer::port() const {
  const auto ports = state_->exposer.GetListeningPorts();
  return ports.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(ports.front());
}

}  // namespace sotto::metrics
