// Ports for programs that tests start and that cannot choose one themselves (PostgreSQL, Redis, HAProxy, a program
// whose port others must know before it runs). Whoever can, listens on port 0 instead.
#pragma once

#include <cstdint>

namespace sotto::test {

// A TCP port of 127.0.0.1 that nobody listens on and that no test process has: it is below the range from which the
// kernel takes ports for connections, and stays reserved among all test processes of this user (a locked file) until
// this process ends. Throws when there is none. Any thread.
std::uint16_t free_port();

}  // namespace sotto::test
