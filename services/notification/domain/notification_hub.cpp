#include "services/notification/domain/notification_hub.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace sotto::notification {
namespace {

using backend::Role;
using backend::SessionRef;

constexpr std::chrono::minutes kExpiryPeriod{1};
// Notifications that are expired before commands get their turn.
constexpr std::size_t kExpiryBatch = 1000;

struct Push {
  NotifierId notifier;
  Notification notification;
};
struct Subscribe {
  NotifierId notifier;
  SessionRef session;
};
struct Remove {
  NotifierId notifier;
  SessionRef by;
};
struct EndSession {
  SessionRef session;
};
struct Flush {
  std::promise<void> done;
};
struct Expire {
  std::promise<void> done;
};
using Command = std::variant<Push, Subscribe, Remove, EndSession, Flush, Expire>;

}  // namespace

class NotificationHub::Worker {
 public:
  Worker(NotificationStore& store, backend::EventSink& sink, const Clock& clock, HubOptions options)
      : options_(options), store_(store), sink_(sink), clock_(clock), thread_([this] { run(); }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void enqueue(Command command) {
    {
      const std::lock_guard lock(mutex_);
      const bool is_push = std::holds_alternative<Push>(command);
      if (is_push && waiting_pushes_.size() >= options_.max_waiting_pushes) {
        ++counters_.dropped_overload;
        if (waiting_pushes_.empty()) return;
        waiting_.erase(waiting_pushes_.front());
        waiting_pushes_.pop_front();
      }
      waiting_.push_back(std::move(command));
      if (is_push) waiting_pushes_.push_back(std::prev(waiting_.end()));
    }
    wake_.notify_one();
  }

  [[nodiscard]] HubCounters counters() const {
    const std::lock_guard lock(mutex_);
    return counters_;
  }

 private:
  using RealTime = std::chrono::steady_clock::time_point;

  // Timers run on the real steady clock: they only decide when work is done. What is expired is asked of clock_.
  void run() {
    RealTime next_expiry = std::chrono::steady_clock::now() + kExpiryPeriod;
    for (;;) {
      std::list<Command> commands;
      bool stopping = false;
      {
        std::unique_lock lock(mutex_);
        const RealTime wake_at = flush_at_ ? std::min(*flush_at_, next_expiry) : next_expiry;
        wake_.wait_until(lock, wake_at, [this] { return stopping_ || !waiting_.empty(); });
        commands.swap(waiting_);
        waiting_pushes_.clear();
        stopping = stopping_;
      }
      for (auto& command : commands) {
        std::visit([this](auto& each) { handle(each); }, command);
      }
      write_stored();
      const RealTime now = std::chrono::steady_clock::now();
      if (flush_at_ && *flush_at_ <= now) deliver_collected();
      if (next_expiry <= now && !expire_batch()) next_expiry = now + kExpiryPeriod;
      if (stopping) break;
    }
    for (auto& [notifier, notifications] : collected_) store_all(notifier, std::move(notifications));
    write_stored();
  }

  void handle(Push& push) {
    const auto subscriber = subscribers_.find(push.notifier);
    if (subscriber == subscribers_.end()) {
      to_store_.push_back({push.notifier, std::move(push.notification)});
      return;
    }
    auto& collected = collected_[push.notifier];
    collected.push_back(std::move(push.notification));
    if (options_.interval.count() == 0 || collected.size() >= options_.max_collected) {
      deliver(subscriber->second, push.notifier, std::move(collected));
      collected_.erase(push.notifier);
    } else if (!flush_at_) {
      flush_at_ = std::chrono::steady_clock::now() + options_.interval;
    }
  }

  void handle(const Subscribe& subscribe) {
    const NotifierId& notifier = subscribe.notifier;
    write_stored();
    const auto [entry, fresh] = subscribers_.try_emplace(notifier, subscribe.session);
    if (!fresh && entry->second != subscribe.session) {
      forget(entry->second, notifier);
      sink_.deliver(entry->second, backend::Ended{Role::notifier, notifier.bytes});
      entry->second = subscribe.session;
    }
    sessions_[subscribe.session].insert(notifier);

    auto pending = store_.take(notifier);
    if (!pending) count(&HubCounters::store_failures, 1);
    std::vector<Notification> all = pending ? unexpired(std::move(*pending)) : std::vector<Notification>();
    // What was collected for the former session is newer than what was stored before it came.
    if (const auto collected = collected_.find(notifier); collected != collected_.end()) {
      std::move(collected->second.begin(), collected->second.end(), std::back_inserter(all));
      collected_.erase(collected);
    }
    deliver(subscribe.session, notifier, std::move(all));
  }

  void handle(const Remove& remove) {
    write_stored();
    collected_.erase(remove.notifier);
    if (!store_.remove(remove.notifier)) count(&HubCounters::store_failures, 1);
    const auto subscriber = subscribers_.find(remove.notifier);
    if (subscriber == subscribers_.end()) return;
    const SessionRef session = subscriber->second;
    forget(session, remove.notifier);
    subscribers_.erase(subscriber);
    if (session != remove.by) sink_.deliver(session, backend::Deleted{Role::notifier, remove.notifier.bytes});
  }

  void handle(const EndSession& end) {
    const auto session = sessions_.find(end.session);
    if (session == sessions_.end()) return;
    for (const auto& notifier : session->second) {
      subscribers_.erase(notifier);
      const auto collected = collected_.find(notifier);
      if (collected == collected_.end()) continue;
      store_all(notifier, std::move(collected->second));
      collected_.erase(collected);
    }
    sessions_.erase(session);
  }

  void handle(Flush& flush) {
    write_stored();
    deliver_collected();
    flush.done.set_value();
  }

  void handle(Expire& expire) {
    write_stored();
    while (expire_batch()) {
    }
    expire.done.set_value();
  }

  void deliver_collected() {
    flush_at_.reset();
    for (auto& [notifier, notifications] : collected_) {
      deliver(subscribers_.at(notifier), notifier, std::move(notifications));
    }
    collected_.clear();
  }

  void deliver(SessionRef session, const NotifierId& notifier, std::vector<Notification> notifications) {
    if (notifications.empty()) return;
    count(&HubCounters::delivered, notifications.size());
    sink_.deliver(session, backend::Notified{notifier, std::move(notifications)});
  }

  void store_all(const NotifierId& notifier, std::vector<Notification> notifications) {
    for (auto& notification : notifications) to_store_.push_back({notifier, std::move(notification)});
  }

  // Pushes go to the store in one write: before anything else looks there, and when there are no more commands.
  void write_stored() {
    if (to_store_.empty()) return;
    const auto dropped = store_.append(to_store_);
    if (dropped) {
      count(&HubCounters::stored, to_store_.size());
      count(&HubCounters::dropped_old, *dropped);
    } else {
      count(&HubCounters::store_failures, 1);
    }
    to_store_.clear();
  }

  [[nodiscard]] std::int64_t cutoff() const { return unix_seconds(clock_.system_now()) - options_.lifetime.count(); }

  // True when more is left to expire.
  bool expire_batch() {
    const auto expired = store_.expire(cutoff(), kExpiryBatch);
    if (!expired) {
      count(&HubCounters::store_failures, 1);
      return false;
    }
    count(&HubCounters::expired, expired->notifications);
    return expired->more;
  }

  std::vector<Notification> unexpired(std::vector<Notification> pending) {
    const auto removed =
        std::erase_if(pending, [at = cutoff()](const Notification& each) { return each.seconds < at; });
    count(&HubCounters::expired, removed);
    return pending;
  }

  void forget(SessionRef session, const NotifierId& notifier) {
    const auto entry = sessions_.find(session);
    if (entry == sessions_.end()) return;
    entry->second.erase(notifier);
    if (entry->second.empty()) sessions_.erase(entry);
  }

  void count(std::uint64_t HubCounters::*counter, std::uint64_t by) {
    const std::lock_guard lock(mutex_);
    counters_.*counter += by;
  }

  // Constant after construction.
  const HubOptions options_;
  NotificationStore& store_;
  backend::EventSink& sink_;
  const Clock& clock_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Named "waiting commands": pushes are bounded by max_waiting_pushes (the oldest go); the others are one per command
  // of a client, which sends the next block when the answer to the last has come.
  std::list<Command> waiting_;
  std::deque<std::list<Command>::iterator> waiting_pushes_;
  bool stopping_ = false;
  HubCounters counters_;

  // Of the hub's thread.
  std::unordered_map<NotifierId, SessionRef> subscribers_;
  std::map<SessionRef, std::unordered_set<NotifierId>> sessions_;
  std::unordered_map<NotifierId, std::vector<Notification>> collected_;  // only for notifiers with a subscriber
  std::vector<Pending> to_store_;
  std::optional<RealTime> flush_at_;  // when collected_ is delivered

  std::thread thread_;  // last: it uses all of the above
};

NotificationHub::NotificationHub(NotificationStore& store, backend::EventSink& sink, const Clock& clock,
                                 HubOptions options)
    : worker_(std::make_unique<Worker>(store, sink, clock, options)) {}

NotificationHub::~NotificationHub() = default;

void NotificationHub::push(const NotifierId& notifier, Notification notification) {
  worker_->enqueue(Push{notifier, std::move(notification)});
}
void NotificationHub::subscribe(const NotifierId& notifier, backend::SessionRef session) {
  worker_->enqueue(Subscribe{notifier, session});
}
void NotificationHub::remove(const NotifierId& notifier, backend::SessionRef by) {
  worker_->enqueue(Remove{notifier, by});
}
void NotificationHub::end_session(backend::SessionRef session) {
  worker_->enqueue(EndSession{session});
}

void NotificationHub::flush_now() {
  Flush flush;
  auto done = flush.done.get_future();
  worker_->enqueue(std::move(flush));
  done.wait();
}

void NotificationHub::expire_now() {
  Expire expire;
  auto done = expire.done.get_future();
  worker_->enqueue(std::move(expire));
  done.wait();
}

HubCounters NotificationHub::counters() const {
  return worker_->counters();
}

}  // namespace sotto::notification
