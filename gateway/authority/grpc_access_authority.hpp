// GrpcAccessAuthority: the AccessAuthority behind gRPC: the auth service (sotto.auth.v1), as a gateway sees it.
//
// One replica is used at a time: the next of the list whenever the stream to the last one ended. Each attempt has a
// channel of its own, so that names are resolved anew. The stream is had again with growing pauses and jitter; between,
// whoever watches is told lost(), and then update().
//
// What happens to
//  - a question: it is answered exactly once, at `check_deadline` at the latest. `unknown`: the service did not answer,
//    said something that is not understood, or too many questions are under way.
//  - a report: it is kept, added to what waits, and sent until the service has answered it, each time with the same
//    number. So nothing is lost or counted twice while both processes live and the gateway stays with one replica; a
//    report whose answer was lost is counted twice when another replica, or a restarted one, gets it again.
//
// Threads: all functions from any thread; stop() from one, and never from a completion or a sink. Completions and
// states come from the CompletionThread of the process. One thread of its own begins attempts and reports.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/backend/access_authority.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/rpc/tls_files.hpp"

namespace sotto::gateway {

struct GrpcAuthoritySettings {
  // "auth-0.internal:7451,auth-1.internal:7451", "unix:/run/sotto/auth.sock": separated by commas.
  std::string service;
  std::optional<rpc::TlsFiles> tls;  // absent: plaintext. The certificate of a replica has the host of `service`

  std::chrono::milliseconds check_deadline = std::chrono::seconds(2);
  std::chrono::milliseconds report_deadline = std::chrono::seconds(5);
  // From the attempt to connect to the first state; after that the attempt has failed.
  std::chrono::milliseconds watch_timeout = std::chrono::seconds(5);
  // Between attempts, growing from the first to the last, each somewhat random. Reports that failed wait as long. The
  // last is short: what changes as soon as a service is back is to be known within a second.
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_last{600};
  // A stream that is silent for this long is asked for a sign of life, and lost when none comes in time.
  std::chrono::milliseconds keepalive_time = std::chrono::seconds(10);
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(5);
  // How long stop() waits for reports to be delivered, when the service is there.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(2);

  std::size_t max_checks = 1024;                // under way; more are `unknown` at once
  std::size_t max_reported_passwords = 10'000;  // that wait to be reported; uses of more are lost
};

// For metrics. Any thread may read.
struct GrpcAuthorityCounters {
  std::atomic<std::uint64_t> connected{0};          // now: 1 while the stream is up
  std::atomic<std::uint64_t> checks_in_flight{0};   // now
  std::atomic<std::uint64_t> queues_unreported{0};  // now: created, and not known to be counted
  std::atomic<std::uint64_t> checks{0};             // questions asked; as all that follow: they only grow
  std::atomic<std::uint64_t> checks_failed{0};      // that were `unknown`
  std::atomic<std::uint64_t> watched{0};            // streams that came up: the first, and each that was had again
  std::atomic<std::uint64_t> lost{0};               // streams that were up and ended
  std::atomic<std::uint64_t> watch_failures{0};     // attempts that brought no state
  std::atomic<std::uint64_t> states{0};
  std::atomic<std::uint64_t> reports{0};          // delivered
  std::atomic<std::uint64_t> report_failures{0};  // attempts that were not answered; they are repeated
  std::atomic<std::uint64_t> queues_dropped{0};   // never reported: too many passwords, refused, or at the end
};

class GrpcAccessAuthority final : public backend::AccessAuthority {
 public:
  // Nothing, or what is wrong with the settings (configuration).
  static Status check_settings(const GrpcAuthoritySettings& settings);

  // Begins to connect, and does not wait for it. Precondition: check_settings() is ok. `gateway_id`: a random number of
  // the process, not 0; reports are counted by it, so no two of these may have the same. `clock` must outlive this.
  GrpcAccessAuthority(const GrpcAuthoritySettings& settings, std::uint64_t gateway_id, const Clock& clock);
  GrpcAccessAuthority(const GrpcAccessAuthority&) = delete;
  GrpcAccessAuthority& operator=(const GrpcAccessAuthority&) = delete;
  // Stops.
  ~GrpcAccessAuthority() override;

  // AccessAuthority
  void check(ByteView password, const backend::AccessSource& source,
             std::function<void(backend::CheckResult)> done) override;
  void report(std::vector<backend::UseReport> uses) override;
  void watch(backend::AccessStateSink* sink) override;

  // Whether the stream is up.
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] const GrpcAuthorityCounters& counters() const;

  // Delivers what is reported, for at most `stop_timeout` and as long as the service is there, answers questions that
  // are under way `unknown`, and ends the stream (the sink is told lost()). When it returns no completion and no call
  // of the sink is running, and none comes; what is asked from then on is `unknown` at once. Again: harmless.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sotto::gateway
