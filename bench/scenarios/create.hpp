// Scenario create: new queues: NEW by the recipient, who subscribes, and SKEY by the sender. Throws when the server
// errs, UsageError when the options do not fit together.
#pragma once

#include "bench/report/report.hpp"
#include "bench/scenarios/scenario_options.hpp"
#include "bench/target/target.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::bench {

struct CreateOptions : ScenarioOptions {
  std::size_t connections = 16;  // of recipients, and as many of senders
  std::size_t window = 4;        // queues that each makes at a time
  std::uint64_t queues = 10'000;
  crypto::KeyKind recipient_key = crypto::KeyKind::ed25519;
  crypto::KeyKind sender_key = crypto::KeyKind::x25519;
};

void create(Report& report, Target& target, const CreateOptions& options);

}  // namespace sotto::bench
