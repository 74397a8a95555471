// The scenarios of sotto-bench. Each drives a server, its own or a target that it is given, over the wire, checks what
// it answers (a fast wrong server has no figure: they throw) and adds its figures to the report.
#pragma once

#include <cstddef>

#include "bench/report.hpp"
#include "bench/target.hpp"

namespace sotto::bench {

// CPU of the server for a message's life (SEND, OK, MSG, ACK, OK), 16 kB, X25519 sender key, Ed25519 recipient key,
// v18, durable store, beside the cryptographic floor.
void message_life(Report& report, Target& target, std::size_t pairs, std::size_t messages);
// Resident memory of idle connections with one subscription each.
void idle_connections(Report& report, std::size_t connections);
// SUBs per CPU-second, after a restart: each client subscribes to `batch` queues of its own at once.
void subscription_storm(Report& report, Target& target, std::size_t connections, std::size_t batch);
// CPU of one SUBS of a service with this many queues, a queue, beside that of one SUB for each of them.
void service_subscribe(Report& report, Target& target, std::size_t count);
// From the start of the process to readiness with this many stored queues.
void start_up(Report& report, std::size_t queues);
// From the answer to the administrator who revokes a password until each gateway of a platform refuses it.
void password_change(Report& report, std::size_t rounds);

}  // namespace sotto::bench
