// Connecting to whichever gateway of a platform answers, as apps do behind one address. Any thread.
#pragma once

#include <array>
#include <chrono>

#include "libs/smp-client/sync_client.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::test {

// To the gateway of this number, or, when it does not answer, to the next one. Throws after a minute.
inline void connect_somewhere(const std::array<client::ConnectOptions, 2>& gateways, std::size_t first,
                              smp::Version version, client::SyncClient& client) {
  const auto try_next = [&, i = first]() mutable {
    auto options = gateways.at(i++ % gateways.size());
    options.versions = {smp::kMinVersion, version};
    client.close();
    return client.connect(options).ok();
  };
  wait_until("a gateway to answer", try_next, std::chrono::seconds(60));
}

}  // namespace sotto::test
