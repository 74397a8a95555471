// AccessAuthority: who knows the passwords (the auth service, or its domain in the same process), as the gateway sees
// it. The gateway remembers what it answered, and is told when that does not hold any more.
//
// Threads: any. Callbacks come from threads of the authority's own or from the caller's, must not block and must not
// call back.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libs/backend/access_policy.hpp"

namespace sotto::backend {

struct CheckResult {
  AccessDecision decision = AccessDecision::unknown;
  std::string password_id;       // not secret; empty when no password matches
  std::uint64_t generation = 0;  // of the state that decided
  // People chose it, so it can be guessed: not to be accepted from where too many wrong ones come.
  bool guessable = false;
};

struct ValidPassword {
  std::string password_id;
  std::int64_t valid_until = 0;                 // seconds since 1970; 0: no end
  bool superseded = false;                      // it was rotated away and is in its overlap
  std::optional<std::uint64_t> remaining = {};  // queues that may still be created today; absent: any number
  friend bool operator==(const ValidPassword&, const ValidPassword&) = default;
};

// What holds for everybody. Each one replaces those before it.
struct AccessState {
  std::uint64_t generation = 0;  // grows with every change
  bool open = false;             // there is no password: everybody may
  bool new_queues = true;
  bool proxy = true;
  std::vector<std::string> proxy_destinations;  // empty: all
  std::vector<ValidPassword> passwords;         // valid now
  friend bool operator==(const AccessState&, const AccessState&) = default;
};

struct UseReport {
  std::string password_id;
  std::uint64_t queues = 0;
};

class AccessStateSink {
 public:
  virtual ~AccessStateSink() = default;
  virtual void update(const AccessState& state) = 0;
  // Changes are not heard of any more, until the next update().
  virtual void lost() = 0;
};

class AccessAuthority {
 public:
  virtual ~AccessAuthority() = default;
  // `done` is called once, perhaps before this returns. The password is not kept.
  virtual void check(ByteView password, const AccessSource& source, std::function<void(CheckResult)> done) = 0;
  // Queues that were created since the last report, today.
  virtual void report(std::vector<UseReport> uses) = 0;
  // The state now, if it is known, and every change, until the sink is replaced by another one or by a null pointer:
  // then the former one is not called any more.
  virtual void watch(AccessStateSink* sink) = 0;
};

}  // namespace sotto::backend
