#include "services/auth/domain/password_book.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "services/auth/domain/apply_change.hpp"

namespace sotto::auth {

using backend::AccessDecision;
using backend::CheckResult;

namespace {

// Whether waiting may help.
bool is_away(const Error& error) {
  return error.code == ErrorCode::connection_failed || error.code == ErrorCode::timeout ||
         error.code == ErrorCode::unavailable;
}

// configuration: a password in it was digested with a key that is not there.
Status check_keys(const PasswordHasher& hasher, const Stored& stored) {
  const auto has_key = [&](const Password& password) { return hasher.has_key(password.verifier); };
  if (std::all_of(stored.passwords.begin(), stored.passwords.end(), has_key)) return ok_status();
  return Error{ErrorCode::configuration,
               "a stored password was digested with a key that is not there: restore the key file from its backup, "
               "or put the former key back behind the present one"};
}

}  // namespace

PasswordBook::PasswordBook(Options options, PasswordStore& store, const PasswordHasher& hasher,
                           backend::AttemptLimits& limits, const Clock& clock)
    : options_(options), store_(store), hasher_(hasher), limits_(limits), clock_(clock) {}

Result<std::unique_ptr<PasswordBook>> PasswordBook::open(Options options, PasswordStore& store,
                                                         const PasswordHasher& hasher, backend::AttemptLimits& limits,
                                                         const Clock& clock) {
  auto stored = store.load();
  if (!stored && !(options.wait_for_store && is_away(stored.error()))) return stored.error();
  if (stored) {
    if (auto status = check_keys(hasher, *stored); !status) return status.error();
  }
  std::unique_ptr<PasswordBook> book(new PasswordBook(options, store, hasher, limits, clock));
  if (stored) {
    book->stored_ = *std::move(stored);
  } else {
    book->health_ = stored.error();
  }
  book->refresher_ = std::thread([&book = *book] { book.run_refresh(); });
  book->verifier_ = std::thread([&book = *book] { book.run_verify(); });
  return book;
}

PasswordBook::~PasswordBook() {
  stop();
}

void PasswordBook::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_refresh_.notify_all();
  wake_verify_.notify_all();
  refresher_.join();
  verifier_.join();
  flush_uses();
}

// --- what a password is worth

CheckResult PasswordBook::judge(const Password& password) const {
  CheckResult out{AccessDecision::allowed, password.id, stored_.generation, password.verifier.hardened.has_value()};
  const auto now = unix_seconds(clock_.system_now());
  if (password.state == PasswordState::revoked) {
    out.decision = AccessDecision::revoked;
  } else if (password.not_before > now) {
    out.decision = AccessDecision::wrong_password;
  } else if (!is_valid(password, now)) {
    out.decision = AccessDecision::expired;
  }
  return out;
}

void PasswordBook::check(ByteView password, const backend::AccessSource& source,
                         std::function<void(CheckResult)> done) {
  CheckResult result;
  auto presented = hasher_.present(password);
  {
    const std::lock_guard lock(mutex_);
    result.generation = stored_.generation;
    result.decision = health_ ? AccessDecision::wrong_password : AccessDecision::unknown;
    std::vector<Password> candidates;
    for (const auto& each : health_ ? std::span<const Password>(stored_.passwords) : std::span<const Password>()) {
      auto matched = match(each.verifier, presented);
      if (matched == Match::perhaps) {
        if (const auto known = unlocked_.find(each.id); known != unlocked_.end()) {
          matched = presented.under(each.verifier.key_id)->digest == known->second ? Match::yes : Match::no;
        }
      }
      if (matched == Match::perhaps) candidates.push_back(each);
      if (matched != Match::yes) continue;
      result = judge(each);
      candidates.clear();
      break;
    }
    if (!candidates.empty()) {
      if (stopping_ || limits_.limited(source) || verifications_.size() >= options_.max_verifications) {
        result.decision = stopping_ ? AccessDecision::unknown : AccessDecision::too_many_attempts;
      } else {
        verifications_.push_back({std::move(presented), std::move(candidates), source, std::move(done)});
        wake_verify_.notify_one();
        return;
      }
    }
    if (result.guessable && limits_.limited(source)) result.decision = AccessDecision::too_many_attempts;
  }
  if (result.decision == AccessDecision::wrong_password) limits_.failed(source);
  done(std::move(result));
}

void PasswordBook::run_verify() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_verify_.wait(lock, [this] { return stopping_ || !verifications_.empty(); });
    if (verifications_.empty()) return;
    const auto verification = std::move(verifications_.front());
    verifications_.pop_front();
    lock.unlock();
    verify_one(verification);
    lock.lock();
  }
}

void PasswordBook::verify_one(const Verification& verification) {
  CheckResult result;
  result.decision = AccessDecision::wrong_password;
  for (const auto& candidate : verification.candidates) {
    const auto& digests = *verification.presented.under(candidate.verifier.key_id);
    counters_.hardened.fetch_add(1, std::memory_order_relaxed);
    const auto is = verify(candidate.verifier, digests);
    if (is && !*is) continue;
    const std::lock_guard lock(mutex_);
    if (!is) {
      result.decision = AccessDecision::unknown;
      break;
    }
    unlocked_.insert_or_assign(candidate.id, digests.digest);
    // It may have changed meanwhile.
    const auto now = std::find_if(stored_.passwords.begin(), stored_.passwords.end(),
                                  [&](const Password& each) { return each.id == candidate.id; });
    if (now != stored_.passwords.end()) result = judge(*now);
    break;
  }
  if (result.generation == 0) {
    const std::lock_guard lock(mutex_);
    result.generation = stored_.generation;
  }
  if (result.decision == AccessDecision::wrong_password) limits_.failed(verification.source);
  verification.done(std::move(result));
}

// --- the state

backend::AccessState PasswordBook::state_now() const {
  const auto now = unix_seconds(clock_.system_now());
  backend::AccessState out;
  out.generation = stored_.generation;
  out.open = stored_.passwords.empty();
  out.new_queues = options_.new_queues && stored_.policy.new_queues;
  out.proxy = stored_.policy.proxy;
  out.proxy_destinations = stored_.policy.proxy_destinations;
  for (const auto& password : stored_.passwords) {
    if (!is_valid(password, now)) continue;
    backend::ValidPassword valid{password.id, password.expires, password.state == PasswordState::superseded, {}};
    if (password.daily_limit != 0) {
      std::uint64_t used = password.last_day == day_of(now) ? password.uses_that_day : 0;
      if (const auto more = uses_.find(password.id); more != uses_.end()) used += more->second;
      valid.remaining = used < password.daily_limit ? password.daily_limit - used : 0;
    }
    out.passwords.push_back(std::move(valid));
  }
  return out;
}

backend::AccessState PasswordBook::state() const {
  const std::lock_guard lock(mutex_);
  return state_now();
}

Stored PasswordBook::stored() const {
  const std::lock_guard lock(mutex_);
  return stored_;
}

Status PasswordBook::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

void PasswordBook::watch(backend::AccessStateSink* sink) {
  {
    const std::lock_guard lock(sink_mutex_);
    sink_ = sink;
    told_.reset();
  }
  tell();
}

void PasswordBook::tell() {
  const std::lock_guard lock(sink_mutex_);
  if (sink_ == nullptr) return;
  if (!health()) {
    if (std::exchange(told_, std::nullopt)) sink_->lost();
    return;
  }
  auto now = state();
  if (told_ == now) return;
  sink_->update(now);
  told_ = std::move(now);
}

void PasswordBook::take(Stored stored) {
  const std::lock_guard lock(mutex_);
  if (stored.generation != stored_.generation) counters_.refreshed.fetch_add(1, std::memory_order_relaxed);
  stored_ = std::move(stored);
  std::erase_if(unlocked_, [this](const auto& entry) {
    return std::none_of(stored_.passwords.begin(), stored_.passwords.end(),
                        [&](const Password& password) { return password.id == entry.first; });
  });
}

void PasswordBook::note(const Status& health) {
  const std::lock_guard lock(mutex_);
  health_ = health;
}

Status PasswordBook::refresh() {
  auto stored = store_.load();
  auto status = stored ? check_keys(hasher_, *stored) : Status(stored.error());
  if (status) take(*std::move(stored));
  note(status);
  tell();
  return status;
}

void PasswordBook::run_refresh() {
  auto read_at = clock_.steady_now();
  std::unique_lock lock(mutex_);
  while (!wake_refresh_.wait_for(lock, options_.refresh_interval, [this] { return stopping_; })) {
    // After a failure all is read again: what was read last may be what the store had before it was restored.
    const auto known = health_ ? std::optional(stored_.generation) : std::nullopt;
    const bool counts = has_daily_limit();
    lock.unlock();
    flush_uses();
    const auto generation = store_.generation();
    const auto now = clock_.steady_now();
    if (!generation) {
      note(generation.error());
      tell();
    } else if (*generation != known || (counts && now - read_at >= options_.use_interval)) {
      static_cast<void>(refresh());  // health() says what went wrong
      read_at = now;
    } else {
      tell();  // a password may have begun or ended, a day may be over
    }
    lock.lock();
  }
}

// --- use

void PasswordBook::report(std::vector<backend::UseReport> uses) {
  const std::lock_guard lock(mutex_);
  for (const auto& use : uses) uses_[use.password_id] += use.queues;
}

bool PasswordBook::has_daily_limit() const {
  return std::any_of(stored_.passwords.begin(), stored_.passwords.end(), [](const Password& password) {
    return password.daily_limit != 0 && password.state != PasswordState::revoked;
  });
}

void PasswordBook::flush_uses() {
  std::vector<Use> uses;
  {
    const std::lock_guard lock(mutex_);
    const auto today = day_of(unix_seconds(clock_.system_now()));
    for (const auto& [id, queues] : uses_) uses.push_back({id, today, queues});
  }
  if (uses.empty() || !store_.add_uses(uses)) return;
  const std::lock_guard lock(mutex_);
  for (const auto& use : uses) {
    const auto reported = uses_.find(use.password_id);
    reported->second -= use.queues;
    if (reported->second == 0) uses_.erase(reported);
  }
  auth::apply(uses, stored_);
}

}  // namespace sotto::auth
