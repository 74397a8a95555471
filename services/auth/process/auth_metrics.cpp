#include "services/auth/process/auth_metrics.hpp"

#include <algorithm>
#include <atomic>

namespace sotto::auth {
namespace {

using Value = std::atomic<std::uint64_t>;

void counter(metrics::Metrics& metrics, const char* name, const char* help, const Value& value,
             const metrics::Labels& labels = {}) {
  metrics.callback_counter(
      name, help, [&value] { return static_cast<double>(value.load()); }, labels);
}

}  // namespace

void expose_service(metrics::Metrics& metrics, const AuthService& service) {
  metrics.callback_gauge("smp_auth_watches", "Gateways that are told of changes now.",
                         [&service] { return static_cast<double>(service.watching()); });
  const auto& counters = service.counters();
  counter(metrics, "smp_auth_watches_total", "Streams of changes that were begun.", counters.watches);
  counter(metrics, "smp_auth_checks_total", "Questions what a password is worth.", counters.checks);
  constexpr auto* kReports = "smp_auth_reports_total";
  constexpr auto* kReportsHelp = "Reports of created queues by gateways; repeated ones were counted before.";
  counter(metrics, kReports, kReportsHelp, counters.reports, {{"kind", "new"}});
  counter(metrics, kReports, kReportsHelp, counters.reports_repeated, {{"kind", "repeated"}});
}

void expose_book(metrics::Metrics& metrics, const PasswordBook& book) {
  metrics.callback_gauge("smp_access_open", "1: there is no password, anybody may create queues.",
                         [&book] { return book.health() && book.state().open ? 1.0 : 0.0; });
  metrics.callback_gauge("smp_access_known",
                         "1: changes of passwords and policy are heard of; 0: their keeper is away.",
                         [&book] { return book.health() ? 1.0 : 0.0; });
  constexpr auto* kPasswords = "smp_passwords";
  constexpr auto* kPasswordsHelp = "Passwords that are valid now, by state.";
  const auto valid = [&book](bool superseded) {
    const auto state = book.state();
    return static_cast<double>(std::count_if(state.passwords.begin(), state.passwords.end(),
                                             [&](const auto& password) { return password.superseded == superseded; }));
  };
  metrics.callback_gauge(kPasswords, kPasswordsHelp, [valid] { return valid(false); }, {{"state", "active"}});
  metrics.callback_gauge(kPasswords, kPasswordsHelp, [valid] { return valid(true); }, {{"state", "superseded"}});
  counter(metrics, "smp_passwords_hardened_total",
          "Times that a password was hardened (Argon2id, some 100 ms of CPU) to check it.", book.counters().hardened);
  counter(metrics, "smp_passwords_refreshed_total", "Times that something had changed in the database.",
          book.counters().refreshed);
}

void expose_attempts(metrics::Metrics& metrics, const RedisAttemptLimits& limits) {
  metrics.callback_gauge("smp_attempt_sources", "Networks from which wrong passwords came of late.",
                         [&limits] { return static_cast<double>(limits.sources()); });
  constexpr auto* kShared = "smp_attempts_shared_total";
  constexpr auto* kSharedHelp = "Wrong passwords that replicas tell each other of through Redis, by what became of it.";
  const auto& counters = limits.counters();
  counter(metrics, kShared, kSharedHelp, counters.sent, {{"outcome", "sent"}});
  counter(metrics, kShared, kSharedHelp, counters.unsent, {{"outcome", "unsent"}});
  counter(metrics, kShared, kSharedHelp, counters.lost, {{"outcome", "lost"}});
  counter(metrics, kShared, kSharedHelp, counters.heard, {{"outcome", "heard"}});
}

}  // namespace sotto::auth
