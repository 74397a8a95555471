// The scenarios of sotto-bench. Each starts a server of its own, drives it over the wire, checks what it answers (a
// fast wrong server has no figure: they throw) and adds its figures to the report.
#pragma once

#include <cstddef>

#include "bench/report.hpp"

namespace sotto::bench {

// CPU of the server for a message's life (SEND, OK, MSG, ACK, OK), 16 kB, X25519 sender key, Ed25519 recipient key,
// v18, durable store, beside the cryptographic floor.
void message_life(Report& report, std::size_t pairs, std::size_t messages);
// Resident memory of idle connections with one subscription each.
void idle_connections(Report& report, std::size_t connections);
// SUBs per CPU-second in batches of 100, after a restart.
void subscription_storm(Report& report, std::size_t connections);
// From the start of the process to readiness with this many stored queues.
void start_up(Report& report, std::size_t queues);

}  // namespace sotto::bench
