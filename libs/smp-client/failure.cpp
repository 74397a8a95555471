#include "libs/smp-client/failure.hpp"

#include <array>
#include <cstddef>

namespace sotto::client {

std::string_view to_string(Layer layer) {
  static constexpr std::array<std::string_view, 9> kNames{"address",     "dns",       "tcp",     "tls",    "chain",
                                                          "fingerprint", "handshake", "service", "session"};
  return kNames.at(static_cast<std::size_t>(layer));
}

}  // namespace sotto::client
