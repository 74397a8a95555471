#include "bench/client_pool.hpp"

#include <stdexcept>

#include "libs/smp-client/connector.hpp"

namespace sotto::bench {

void ClientPool::connect(const client::ConnectOptions& options, std::size_t count) {
  auto shared = std::make_shared<client::ConnectOptions>(options);
  shared->tls = *client::make_tls(options);
  shared->keep_hello = false;
  shared->timeout = std::chrono::minutes(2);
  const auto target = connections_.size() + count;
  std::size_t started = connections_.size();
  std::string failure;
  const auto start_one = [&] {
    ++started;
    client::Connector::start(io_.get_executor(), shared, [&](client::ConnectOutcome outcome) {
      if (auto* failed = std::get_if<client::Failure>(&outcome)) {
        failure = failed->error.message;
        return;
      }
      connections_.push_back(std::get<std::shared_ptr<client::ClientConnection>>(std::move(outcome)));
    });
  };
  constexpr std::size_t kAtOnce = 64;
  while (connections_.size() < target && failure.empty()) {
    while (started < target && started - connections_.size() < kAtOnce) start_one();
    io_.run_one();
  }
  if (!failure.empty()) throw std::runtime_error("cannot connect: " + failure);
}

void ClientPool::run_until(const std::function<bool()>& done, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    io_.restart();
    if (io_.run_one_for(std::chrono::seconds(1)) == 0 && std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the server did not answer in time");
    }
  }
}

void ClientPool::close() {
  for (const auto& connection : connections_) connection->close();
  connections_.clear();
  io_.restart();
  io_.poll();
}

}  // namespace sotto::bench
