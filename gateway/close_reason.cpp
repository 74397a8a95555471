#include "gateway/close_reason.hpp"

#include <array>

namespace sotto::gateway {

std::string_view to_string(CloseReason reason) {
  static constexpr std::array<std::string_view, kCloseReasons> kNames{"peer_closed",
                                                                      "socket_error",
                                                                      "browser",
                                                                      "bad_proxy_header",
                                                                      "tls_handshake_failed",
                                                                      "tls_broken",
                                                                      "tls_handshake_timeout",
                                                                      "smp_handshake_timeout",
                                                                      "handshake_parse",
                                                                      "identity_mismatch",
                                                                      "version_mismatch",
                                                                      "bad_service",
                                                                      "store_unavailable",
                                                                      "too_many_bad_blocks",
                                                                      "slow_reader",
                                                                      "slow_block",
                                                                      "idle",
                                                                      "connection_limit",
                                                                      "handshake_limit",
                                                                      "shutdown"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace sotto::gateway
