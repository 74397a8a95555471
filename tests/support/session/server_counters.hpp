// The server's own counters, as its metrics show them.
#pragma once

#include <string>

#include "tests/support/server/in_process_server.hpp"

namespace sotto::test {

// The value now of a metric as it stands in the exposition, labels included, for example
// `smp_connections_closed_total{reason="idle"}`. Throws when there is no such line.
double metric(InProcessServer& server, const std::string& name);
// Connections closed for this reason.
double closed_because(InProcessServer& server, const std::string& reason);
// Waits until the value is at least `value`; false when it is not after 10 s.
bool reaches(InProcessServer& server, const std::string& name, double value);
// The same for at most `value`.
bool falls_to(InProcessServer& server, const std::string& name, double value);

}  // namespace sotto::test
