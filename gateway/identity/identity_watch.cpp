#include "gateway/identity/identity_watch.hpp"

#include <utility>

#include "libs/observability/log.hpp"

namespace sotto::gateway {
namespace {

// Who replaces key and certificate does it in two steps, and who copies a file needs a moment: files that do not fit
// are read again before they are refused.
constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kBetweenAttempts{200};

std::int64_t end_of(const ServedIdentity& served) {
  const auto leaf = crypto::parse_certificate(served.identity.credentials.chain.front());
  return leaf ? unix_seconds(leaf->not_after) : 0;  // it was loaded: it parses
}

bool same(const ServedIdentity& a, const ServedIdentity& b) {
  return a.identity.credentials.chain == b.identity.credentials.chain;  // and so the key
}

}  // namespace

IdentityWatch::IdentityWatch(Options options, ServedIdentityPtr current, const Clock& clock,
                             std::function<void(const ServedIdentityPtr&)> use)
    : options_(std::move(options)), clock_(clock), use_(std::move(use)), current_(std::move(current)) {
  counters_.certificate_end = end_of(*current_);
  // The first look finds other stamps than none, and reads: what changed since `current` was read is seen, too.
  thread_ = std::thread([this] { run(); });
}

IdentityWatch::~IdentityWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void IdentityWatch::look_now() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  wake_.notify_all();
}

void IdentityWatch::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool asked = std::exchange(asked_, false);
    lock.unlock();
    look(asked);
    lock.lock();
    wake_.wait_for(lock, options_.interval, [this] { return stopping_ || asked_; });
  }
}

bool IdentityWatch::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void IdentityWatch::look(bool asked) {
  auto stamps = file_stamps(options_.directory);
  const bool news = asked || stamps != seen_;
  // What was refused may become right by itself: a certificate whose time comes.
  if (!news && !refusal_) return;
  // Before reading: what changes meanwhile has other stamps, and is read at the next look.
  seen_ = stamps;
  auto loaded = load();
  for (int attempt = 1; !loaded && news && attempt < kAttempts; ++attempt) {
    if (!pause(kBetweenAttempts)) return;
    seen_ = file_stamps(options_.directory);
    loaded = load();
  }
  loaded ? take(*loaded, asked) : refuse(loaded.error(), news);
}

Result<ServedIdentityPtr> IdentityWatch::load() const {
  auto loaded = load_served_identity(options_.directory, clock_.system_now(), options_.browsers);
  if (loaded && (*loaded)->identity.fingerprint != current_->identity.fingerprint) {
    return Error{ErrorCode::configuration,
                 (options_.directory / "ca.crt").string() +
                     ": is of another CA, and so of another server: no client knows it under this address (bring the "
                     "former files back; a server with a new address is started anew)"};
  }
  return loaded;
}

void IdentityWatch::take(const ServedIdentityPtr& loaded, bool asked) {
  const bool was_refused = std::exchange(refusal_, std::nullopt).has_value();
  if (same(*loaded, *current_)) {
    if (asked || was_refused) log::info("identity unchanged");
    return;
  }
  current_ = loaded;
  counters_.certificate_end = end_of(*current_);
  counters_.reloaded.add();
  use_(current_);
  log::info("identity reloaded", {{"certificate_end", counters_.certificate_end.load()}});
}

void IdentityWatch::refuse(const Error& error, bool news) {
  if (!news && refusal_ == error.message) return;
  refusal_ = error.message;
  // The line first: whoever sees the counter finds the reason.
  log::error("identity refused, the former one goes on", error);
  counters_.refused.add();
}

}  // namespace sotto::gateway
