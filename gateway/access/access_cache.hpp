// AccessCache: the AccessPolicy of a gateway: remembers what the AccessAuthority said of passwords, so that neither a
// right nor a wrong one costs a question a command. Passwords are kept as digests, keyed with a random number of the
// process.
//
// Right ones are remembered until the authority says that they do not hold any more, also while it is away. Wrong ones
// are remembered for a minute, or until something changes. While the authority is away nothing new is accepted, and an
// open server is closed: it may have got a password meanwhile.
//
// Threads: any. Owned by the process; the authority must have called all its callbacks, and know no sink any more,
// before this goes: stop() takes care of the second.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "libs/backend/access_authority.hpp"
#include "libs/backend/access_policy.hpp"
#include "libs/backend/attempt_limits.hpp"
#include "libs/base/clock.hpp"
#include "libs/base/secret.hpp"

namespace sotto::gateway {

class AccessCache final : public backend::AccessPolicy, public backend::AccessStateSink {
 public:
  struct Options {
    std::chrono::seconds remember_wrong{60};
    std::size_t max_wrong = 10'000;
    std::size_t max_questions = 256;  // in flight; more are refused
    std::chrono::milliseconds report_interval{1000};
    backend::AttemptLimits::Options attempts = {};
  };

  // Watches `authority` from here on. Both must outlive it.
  AccessCache(Options options, backend::AccessAuthority& authority, const Clock& clock);
  ~AccessCache() override;
  AccessCache(const AccessCache&) = delete;
  AccessCache& operator=(const AccessCache&) = delete;
  // Reports what is left to report, and watches no more. Once; nothing is asked afterwards.
  void stop();

  // AccessPolicy
  [[nodiscard]] std::shared_ptr<const backend::ProxyPolicy> proxy_policy() const override;
  [[nodiscard]] std::optional<backend::Admission> decide(backend::AccessPurpose purpose,
                                                         std::optional<ByteView> password,
                                                         const backend::AccessSource& source) override;
  void ask(backend::AccessPurpose purpose, ByteView password, const backend::AccessSource& source,
           std::function<void(backend::Admission)> done) override;

  // AccessStateSink
  void update(const backend::AccessState& state) override;
  void lost() override;

  // Everybody may create queues. Nothing: the authority has not said yet, or is away.
  [[nodiscard]] std::optional<bool> open() const;

 private:
  using Digest = std::array<std::uint8_t, 32>;
  struct Hash {
    std::size_t operator()(const Digest& digest) const;
  };
  struct Right {
    std::shared_ptr<backend::PasswordUse> use;
    bool guessable = false;
  };
  struct Wrong {
    backend::AccessDecision decision = backend::AccessDecision::unknown;
    SteadyTime until;
  };
  struct Question {
    backend::AccessPurpose purpose = backend::AccessPurpose::new_queue;
    std::function<void(backend::Admission)> done;
  };

  [[nodiscard]] Digest digest_of(ByteView password) const;
  void answered(const Digest& digest, const backend::AccessSource& source, const backend::CheckResult& result);
  void run();
  void report();
  // All with mutex_ held:
  [[nodiscard]] bool is_valid(const std::string& password_id) const;
  std::shared_ptr<backend::PasswordUse> use_of(const std::string& password_id);
  backend::Admission admit(backend::AccessPurpose purpose, const Right& right, const backend::AccessSource& source);
  void remember_wrong(const Digest& digest, backend::AccessDecision decision);

  const Options options_;
  backend::AccessAuthority& authority_;
  const Clock& clock_;
  Secret<32> key_;
  backend::AttemptLimits attempts_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::optional<backend::AccessState> state_;
  std::shared_ptr<const backend::ProxyPolicy> proxy_policy_;
  bool connected_ = false;
  std::map<std::string, backend::ValidPassword> valid_;
  std::map<std::string, std::shared_ptr<backend::PasswordUse>> uses_;
  std::unordered_map<Digest, Right, Hash> right_;
  std::unordered_map<Digest, Wrong, Hash> wrong_;
  std::deque<Digest> wrong_order_;  // the oldest first
  std::unordered_map<Digest, std::vector<Question>, Hash> asked_;
  bool stopping_ = false;

  std::thread reporter_;
};

}  // namespace sotto::gateway
