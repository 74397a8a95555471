#include "gateway/access/access_cache.hpp"

#include <cstring>
#include <utility>

#include "libs/crypto/password_hash.hpp"
#include "libs/crypto/random.hpp"
#include "libs/observability/log.hpp"

namespace sotto::gateway {

using backend::AccessDecision;
using backend::AccessPurpose;
using backend::AccessSource;
using backend::Admission;

// The digest is keyed: nobody chooses where it falls.
std::size_t AccessCache::Hash::operator()(const Digest& digest) const {
  std::size_t out = 0;
  std::memcpy(&out, digest.data(), sizeof out);
  return out;
}

AccessCache::AccessCache(Options options, backend::AccessAuthority& authority, const Clock& clock)
    : options_(options), authority_(authority), clock_(clock), attempts_(options.attempts, clock) {
  crypto::random_bytes(key_.expose_mutable());
  authority_.watch(this);
  reporter_ = std::thread([this] { run(); });
}

AccessCache::~AccessCache() {
  stop();
}

void AccessCache::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  wake_.notify_all();
  reporter_.join();
  report();
  authority_.watch(nullptr);
}

AccessCache::Digest AccessCache::digest_of(ByteView password) const {
  const auto digest = crypto::keyed_digest(key_, password);
  Digest out;
  std::copy(digest.expose().begin(), digest.expose().end(), out.begin());
  return out;
}

std::shared_ptr<const backend::ProxyPolicy> AccessCache::proxy_policy() const {
  const std::lock_guard lock(mutex_);
  return proxy_policy_;
}

std::optional<Admission> AccessCache::decide(AccessPurpose purpose, std::optional<ByteView> password,
                                             const AccessSource& source) {
  const auto digest = password ? digest_of(*password) : Digest{};
  const std::lock_guard lock(mutex_);
  if (!state_) return Admission{AccessDecision::unknown};
  const bool switched_on = purpose == AccessPurpose::new_queue ? state_->new_queues : state_->proxy;
  if (!switched_on) return Admission{AccessDecision::switched_off};
  if (state_->open) return Admission{connected_ ? AccessDecision::allowed : AccessDecision::unknown};
  if (!password) return Admission{AccessDecision::missing_password};
  if (const auto right = right_.find(digest); right != right_.end()) {
    if (is_valid(right->second.use->password_id)) return admit(purpose, right->second, source);
    right_.erase(right);
  }
  if (const auto wrong = wrong_.find(digest); wrong != wrong_.end() && wrong->second.until > clock_.steady_now()) {
    attempts_.failed(source);
    return Admission{wrong->second.decision};
  }
  if (!connected_) return Admission{AccessDecision::unknown};
  return std::nullopt;
}

void AccessCache::ask(AccessPurpose purpose, ByteView password, const AccessSource& source,
                      std::function<void(Admission)> done) {
  const auto digest = digest_of(password);
  {
    std::unique_lock lock(mutex_);
    const bool stopping = stopping_;
    if (stopping || (asked_.size() >= options_.max_questions && !asked_.contains(digest))) {
      lock.unlock();
      return done({stopping ? AccessDecision::unknown : AccessDecision::too_many_attempts});
    }
    auto& questions = asked_[digest];
    questions.push_back({purpose, std::move(done)});
    if (questions.size() > 1) return;
  }
  authority_.check(password, source,
                   [this, digest, source](const backend::CheckResult& result) { answered(digest, source, result); });
}

void AccessCache::answered(const Digest& digest, const AccessSource& source, const backend::CheckResult& result) {
  std::vector<std::pair<Question, Admission>> answers;
  {
    const std::lock_guard lock(mutex_);
    auto questions = asked_.extract(digest);
    if (questions.empty()) return;
    Right right{nullptr, result.guessable};
    auto decision = result.decision;
    if (decision == AccessDecision::allowed) {
      right.use = use_of(result.password_id);
      const bool newer = !state_ || result.generation > state_->generation;
      if (is_valid(result.password_id)) {
        right_.insert_or_assign(digest, right);
      } else if (!newer) {
        decision = AccessDecision::revoked;  // it was right, and is not any more
      }
    } else if (state_ && result.generation == state_->generation) {
      remember_wrong(digest, decision);
    }
    for (auto& question : questions.mapped()) {
      auto admission =
          decision == AccessDecision::allowed ? admit(question.purpose, right, source) : Admission{decision};
      answers.emplace_back(std::move(question), std::move(admission));
    }
  }
  if (result.decision == AccessDecision::wrong_password) attempts_.failed(source);
  for (auto& [question, admission] : answers) question.done(std::move(admission));
}

bool AccessCache::is_valid(const std::string& password_id) const {
  const auto found = valid_.find(password_id);
  if (found == valid_.end()) return false;
  return found->second.valid_until == 0 || unix_seconds(clock_.system_now()) < found->second.valid_until;
}

std::shared_ptr<backend::PasswordUse> AccessCache::use_of(const std::string& password_id) {
  auto& use = uses_[password_id];
  if (!use) use = std::make_shared<backend::PasswordUse>(password_id);
  return use;
}

Admission AccessCache::admit(AccessPurpose purpose, const Right& right, const AccessSource& source) {
  if (right.guessable && attempts_.limited(source)) return {AccessDecision::too_many_attempts};
  if (purpose == AccessPurpose::new_queue) {
    // Taken before the queue is there; what the authority says of the rest puts it right.
    if (right.use->remaining.fetch_sub(1) <= 0) {
      right.use->remaining.fetch_add(1);
      return {AccessDecision::daily_limit};
    }
  }
  return {AccessDecision::allowed, right.use};
}

void AccessCache::remember_wrong(const Digest& digest, AccessDecision decision) {
  if (decision == AccessDecision::unknown || decision == AccessDecision::too_many_attempts) return;
  if (wrong_.insert_or_assign(digest, Wrong{decision, clock_.steady_now() + options_.remember_wrong}).second) {
    wrong_order_.push_back(digest);
  }
  if (wrong_order_.size() > options_.max_wrong) {
    wrong_.erase(wrong_order_.front());
    wrong_order_.pop_front();
  }
}

void AccessCache::update(const backend::AccessState& state) {
  const std::lock_guard lock(mutex_);
  if (!state_ || state.generation != state_->generation) {
    wrong_.clear();
    wrong_order_.clear();
  }
  if (!state_ || state.proxy != state_->proxy || state.proxy_destinations != state_->proxy_destinations) {
    auto destinations = backend::ProxyDestinations::parse(state.proxy_destinations);
    // Of an authority that knows more kinds of patterns than we do: what cannot be understood must not allow anything.
    const bool on = state.proxy && destinations.ok();
    if (!destinations) log::error("the destinations of the proxy are not understood: it is off until they are");
    proxy_policy_ = std::make_shared<const backend::ProxyPolicy>(
        backend::ProxyPolicy{on, destinations.ok() ? *std::move(destinations) : backend::ProxyDestinations()});
  }
  state_ = state;
  connected_ = true;
  valid_.clear();
  for (const auto& password : state.passwords) valid_.emplace(password.password_id, password);
  std::erase_if(right_, [this](const auto& entry) { return !is_valid(entry.second.use->password_id); });
  // Of one that is not valid any more, uses may still have to be reported; then it goes.
  std::erase_if(uses_,
                [this](const auto& entry) { return !is_valid(entry.first) && entry.second->queues.load() == 0; });
  for (const auto& password : state.passwords) {
    const auto most = std::numeric_limits<std::int64_t>::max();
    use_of(password.password_id)->remaining =
        password.remaining ? static_cast<std::int64_t>(*password.remaining) : most;
  }
}

void AccessCache::lost() {
  const std::lock_guard lock(mutex_);
  connected_ = false;
}

std::optional<bool> AccessCache::open() const {
  const std::lock_guard lock(mutex_);
  if (!state_ || !connected_) return std::nullopt;
  return state_->open;
}

void AccessCache::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.report_interval, [this] { return stopping_; })) {
    lock.unlock();
    report();
    lock.lock();
  }
}

void AccessCache::report() {
  std::vector<backend::UseReport> uses;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, use] : uses_) {
      if (const auto queues = use->queues.exchange(0); queues != 0) uses.push_back({id, queues});
    }
  }
  if (!uses.empty()) authority_.report(std::move(uses));
}

}  // namespace sotto::gateway
