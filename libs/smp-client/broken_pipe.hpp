// OpenSSL writes to sockets with write(), which raises SIGPIPE when the peer has gone; every caller here looks at the
// result instead. Process-wide, any thread, harmless to repeat.
#pragma once

#include <csignal>

namespace sotto::client {

inline void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace sotto::client
