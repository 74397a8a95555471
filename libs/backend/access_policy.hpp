// AccessPolicy: who may create queues and use the proxy, decided from the password that a command brings. What sessions
// ask; the gateway implements it (gateway/access), standalone and in a platform alike. Any thread; nothing blocks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libs/backend/proxy_destinations.hpp"
#include "libs/base/bytes.hpp"

namespace sotto::backend {

// All refusals are one answer on the wire; the reason is for metrics and the admin only.
enum class AccessDecision : std::uint8_t {
  allowed,
  missing_password,
  wrong_password,  // also one that is not valid yet
  expired,
  revoked,
  switched_off,       // new queues, or the proxy, for everybody
  daily_limit,        // of this password
  too_many_attempts,  // from where the client comes
  unknown,            // who knows the passwords does not answer
};
inline constexpr std::size_t kAccessDecisions = 9;

std::string_view to_string(AccessDecision decision);  // as above

enum class AccessPurpose : std::uint8_t { new_queue, proxy };

// Where a client comes from: a digest of the prefix of its address, keyed by a random number of the process, so that
// the address is kept nowhere. Absent: not known.
using AccessSource = std::optional<std::array<std::uint8_t, 16>>;

// A password in use: what was created with it and is not reported yet. Shared by sessions and the policy.
struct PasswordUse {
  explicit PasswordUse(std::string id) : password_id(std::move(id)) {}
  const std::string password_id;
  std::atomic<std::uint64_t> queues{0};
  // Queues that may still be created today, as far as it is known here.
  std::atomic<std::int64_t> remaining{std::numeric_limits<std::int64_t>::max()};
};

struct Admission {
  AccessDecision decision = AccessDecision::unknown;
  // When a password allowed it: a queue that was then created is counted here.
  std::shared_ptr<PasswordUse> use = nullptr;
};

// What holds for the proxy, whoever uses it.
struct ProxyPolicy {
  bool on = true;
  ProxyDestinations destinations = {};
};

class AccessPolicy {
 public:
  virtual ~AccessPolicy() = default;
  // Another object whenever it changes. Null: not known yet.
  [[nodiscard]] virtual std::shared_ptr<const ProxyPolicy> proxy_policy() const = 0;
  // What is known here. Nothing: it must be asked.
  [[nodiscard]] virtual std::optional<Admission> decide(AccessPurpose purpose, std::optional<ByteView> password,
                                                        const AccessSource& source) = 0;
  // Asks who knows. `done` is called once, by any thread, perhaps before this returns; it must not block.
  virtual void ask(AccessPurpose purpose, ByteView password, const AccessSource& source,
                   std::function<void(Admission)> done) = 0;
};

}  // namespace sotto::backend
