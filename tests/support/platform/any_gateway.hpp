// Connecting to whichever gateway of a platform answers, as apps do behind one address. Any thread.
#pragma once

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "libs/smp-client/sync_client.hpp"

namespace sotto::test {

// To the gateway of this number, or, when it does not answer, to the next one. Throws after a minute.
inline void connect_somewhere(const std::array<client::ConnectOptions, 2>& gateways, std::size_t first,
                              smp::Version version, client::SyncClient& client) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (std::size_t i = first; std::chrono::steady_clock::now() < deadline; ++i) {
    auto options = gateways.at(i % gateways.size());
    options.versions = {smp::kMinVersion, version};
    client.close();
    if (client.connect(options)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // nobody tells when a gateway listens again
  }
  throw std::runtime_error("no gateway can be reached");
}

}  // namespace sotto::test
