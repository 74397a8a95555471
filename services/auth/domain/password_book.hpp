// PasswordBook: the passwords and the policy as they are now, and what a password is worth. The AccessAuthority of a
// process: gateways in the same process ask it directly, others through services/auth/api.
//
// It keeps a copy of what the store holds, looks at the store several times a second, and tells whoever watches of
// every change. When the store does not answer, it may have changed by another process: whoever watches is told that
// nothing is known, and new questions are answered `unknown`, until it answers again. A chosen password is hardened
// (Argon2id) at most once for as long as the process lives: once it was right, its keyed digest is remembered. Wrong
// passwords practically never cost that (Hardening::hint).
//
// Owned by the process; store, hasher, limits and clock must outlive it. Any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "libs/backend/access_authority.hpp"
#include "libs/backend/attempt_limits.hpp"
#include "libs/base/clock.hpp"
#include "services/auth/domain/password_hasher.hpp"
#include "services/auth/domain/password_store.hpp"

namespace sotto::auth {

struct BookCounters {
  std::atomic<std::uint64_t> hardened{0};   // digests that were hardened to check a password
  std::atomic<std::uint64_t> refreshed{0};  // times that the store had something new
};

class PasswordBook final : public backend::AccessAuthority {
 public:
  struct Options {
    std::chrono::milliseconds refresh_interval{250};
    // What other processes count changes no generation. It is read this often while a password has a daily limit.
    std::chrono::milliseconds use_interval{1000};
    std::size_t max_verifications = 16;  // of chosen passwords that wait; more are refused
    bool new_queues = true;              // false: whatever the policy says, none may be created
    bool wait_for_store = false;         // a store that is away at the start is no error
  };

  // Reads the store; as long as it is away (wait_for_store), nothing is known. configuration: a password in it was
  // digested with a key that is not there. Other errors are the store's.
  static Result<std::unique_ptr<PasswordBook>> open(Options options, PasswordStore& store, const PasswordHasher& hasher,
                                                    backend::AttemptLimits& limits, const Clock& clock);
  ~PasswordBook() override;
  PasswordBook(const PasswordBook&) = delete;
  PasswordBook& operator=(const PasswordBook&) = delete;
  // Answers what was asked, writes what was reported, and ends its threads. Once.
  void stop();

  // AccessAuthority
  void check(ByteView password, const backend::AccessSource& source,
             std::function<void(backend::CheckResult)> done) override;
  void report(std::vector<backend::UseReport> uses) override;
  void watch(backend::AccessStateSink* sink) override;

  // Reads the store now, and tells who watches before it returns. After a change of an administrator.
  Status refresh();
  // As it was known last.
  [[nodiscard]] Stored stored() const;
  [[nodiscard]] backend::AccessState state() const;
  // Whether the store answered when it was last asked, with something that can be used. Only then all is known.
  [[nodiscard]] Status health() const;
  [[nodiscard]] const BookCounters& counters() const { return counters_; }

 private:
  PasswordBook(Options options, PasswordStore& store, const PasswordHasher& hasher, backend::AttemptLimits& limits,
               const Clock& clock);
  struct Verification {
    PresentedPassword presented;
    std::vector<Password> candidates;
    backend::AccessSource source;
    std::function<void(backend::CheckResult)> done;
  };

  void take(Stored stored);
  // What the store said when it was asked.
  void note(const Status& health);
  void run_refresh();
  void run_verify();
  void verify_one(const Verification& verification);
  void flush_uses();
  // With mutex_ held.
  [[nodiscard]] backend::AccessState state_now() const;
  [[nodiscard]] bool has_daily_limit() const;
  [[nodiscard]] backend::CheckResult judge(const Password& password) const;
  void tell();

  const Options options_;
  PasswordStore& store_;
  const PasswordHasher& hasher_;
  backend::AttemptLimits& limits_;
  const Clock& clock_;
  BookCounters counters_;

  mutable std::mutex mutex_;
  std::condition_variable wake_refresh_;
  std::condition_variable wake_verify_;
  // Guarded by mutex_.
  Stored stored_;
  Status health_ = ok_status();
  std::map<std::string, Secret<32>> unlocked_;  // keyed digests of chosen passwords that were right, by password id
  std::deque<Verification> verifications_;
  std::map<std::string, std::uint64_t> uses_;  // reported, not written yet
  bool stopping_ = false;

  // Held while the sink is called, so that watch() can wait for that; never taken with mutex_ held.
  std::mutex sink_mutex_;
  backend::AccessStateSink* sink_ = nullptr;
  std::optional<backend::AccessState> told_;  // nothing: that it is lost, or nothing yet

  std::thread refresher_;
  std::thread verifier_;
};

}  // namespace sotto::auth
