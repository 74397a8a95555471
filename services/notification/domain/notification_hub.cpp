#include "services/notification/domain/notification_hub.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "services/notification/domain/in_process_notifications.hpp"

namespace sotto::notification {
namespace {

using backend::Role;

constexpr std::chrono::minutes kExpiryPeriod{1};
// Notifications that are expired before commands get their turn.
constexpr std::size_t kExpiryBatch = 1000;
// Bundles or requests in one call of the directory.
constexpr std::size_t kDirectoryBatch = 1024;

struct Push {
  NotifierRef notifier;
  Notification notification;
};
struct Subscribe {
  Listen request;
  std::function<void()> registered;
};
struct SubscribeService {
  backend::Service service;
  SessionRef session;
  bool resume = false;
  std::function<void()> registered;
};
struct Remove {
  NotifierRef notifier;
  SessionRef by;
};
struct EndSession {
  SessionRef session;
};
struct ForgetSession {
  SessionRef session;
};
struct ListServices {
  std::promise<std::vector<ServiceStatus>> done;
};
struct Flush {
  std::promise<void> done;
};
struct Expire {
  std::promise<void> done;
};
using Command =
    std::variant<Push, Subscribe, SubscribeService, Remove, EndSession, ForgetSession, ListServices, Flush, Expire>;

}  // namespace

class NotificationHub::Worker {
 public:
  Worker(NotificationDirectory& directory, backend::EventSink& sink, const Clock& clock, HubOptions options)
      : options_(options), directory_(directory), sink_(sink), clock_(clock), thread_([this] { run(); }) {}
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
  using Collected = std::unordered_map<NotifierId, Bundle>;

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
      ask_directory();
      const RealTime now = std::chrono::steady_clock::now();
      if (flush_at_ && *flush_at_ <= now) deliver_collected();
      if (next_expiry <= now && !expire_batch()) next_expiry = now + kExpiryPeriod;
      note_sizes();
      if (stopping) break;
    }
    directory_.close();
    deliver_collected();
  }

  void handle(Push& push) {
    if (!requests_.empty()) listen_all();
    // Behind what is collected already; whether that session still listens is asked when it is delivered.
    if (const auto collected = collected_.find(push.notifier.id); collected != collected_.end()) {
      Bundle& bundle = collected->second;
      bundle.service = push.notifier.service;
      bundle.notifications.push_back(std::move(push.notification));
      ++collected_notifications_;
      if (bundle.notifications.size() < options_.max_collected) return;
      std::vector<Bundle> full;
      full.push_back(take(collected));
      deliver_all(full);
      return;
    }
    Bundle& bundle = arrived_.emplace_back();
    bundle.notifier = push.notifier.id;
    bundle.service = push.notifier.service;
    bundle.notifications.push_back(std::move(push.notification));
    if (arrived_.size() >= kDirectoryBatch) place_arrived();
  }

  void handle(Subscribe& subscribe) {
    if (!arrived_.empty()) place_arrived();
    requests_.push_back(subscribe.request);
    registered_.push_back(std::move(subscribe.registered));
    if (requests_.size() >= kDirectoryBatch) listen_all();
  }

  void handle(SubscribeService& subscribe) {
    ask_directory();
    const auto& [service, session, resume, registered] = subscribe;
    const ListenedService answer = directory_.listen_service(service, session, resume);
    if (registered) registered();
    if (answer.failed) count(&HubCounters::store_failures, 1);
    if (!answer.listens) {
      if (!answer.failed) sink_.deliver(session, backend::ServiceEnded{service.id});
      return;
    }
    if (answer.former && *answer.former != session) sink_.deliver(*answer.former, backend::ServiceEnded{service.id});
    for (bool more = true; more;) {
      auto page = directory_.take_service(service.id);
      if (!page) return count(&HubCounters::store_failures, 1);
      more = page->more;
      const backend::Together together(sink_);
      for (auto& [notifier, pending] : page->notifiers) deliver(session, notifier, unexpired(std::move(pending)));
    }
  }

  void handle(const Remove& remove) {
    ask_directory();
    if (const auto collected = collected_.find(remove.notifier.id); collected != collected_.end()) take(collected);
    const Removed removed = directory_.remove(remove.notifier);
    if (removed.failed) count(&HubCounters::store_failures, 1);
    if (removed.listener && *removed.listener != remove.by) {
      sink_.deliver(*removed.listener, backend::Deleted{Role::notifier, remove.notifier.id.bytes});
    }
  }

  void handle(const EndSession& end) {
    ask_directory();
    directory_.end_session(end.session);
  }

  void handle(const ForgetSession& forget) {
    ask_directory();
    directory_.forget_session(forget.session);
  }

  void handle(ListServices& list) {
    ask_directory();
    auto services = directory_.services();
    if (!services) count(&HubCounters::store_failures, 1);
    list.done.set_value(services ? std::move(*services) : std::vector<ServiceStatus>());
  }

  void handle(Flush& flush) {
    ask_directory();
    deliver_collected();
    note_sizes();
    flush.done.set_value();
  }

  void handle(Expire& expire) {
    ask_directory();
    while (expire_batch()) {
    }
    expire.done.set_value();
  }

  // Commands go to the directory in batches: before one of another kind, and when there are no more commands. Only one
  // of the two has any.
  void ask_directory() {
    if (!arrived_.empty()) place_arrived();
    if (!requests_.empty()) listen_all();
  }

  // Collects what somebody listens to; the directory has stored the rest.
  void place_arrived() {
    std::vector<Bundle> bundles = std::exchange(arrived_, {});
    const auto listeners = place(bundles);
    for (std::size_t i = 0; i < bundles.size(); ++i) {
      if (!listeners[i]) continue;
      const NotifierId& notifier = bundles[i].notifier;
      Bundle& collected = collected_[notifier];
      collected.notifier = notifier;
      collected.service = bundles[i].service;
      collected_notifications_ += bundles[i].notifications.size();
      std::move(bundles[i].notifications.begin(), bundles[i].notifications.end(),
                std::back_inserter(collected.notifications));
      if (options_.interval.count() == 0 || collected.notifications.size() >= options_.max_collected) {
        deliver(*listeners[i], notifier, take(collected_.find(notifier)).notifications);
      } else if (!flush_at_) {
        flush_at_ = std::chrono::steady_clock::now() + options_.interval;
      }
    }
  }

  void deliver_collected() {
    flush_at_.reset();
    collected_notifications_ = 0;
    std::vector<Bundle> bundles;
    auto collected = std::exchange(collected_, {});
    for (auto& [notifier, bundle] : collected) {
      bundles.push_back(std::move(bundle));
      if (bundles.size() >= kDirectoryBatch) deliver_all(std::exchange(bundles, {}));
    }
    if (!bundles.empty()) deliver_all(std::move(bundles));
  }

  // To whoever listens now.
  void deliver_all(std::vector<Bundle> bundles) {
    const auto listeners = place(bundles);
    const backend::Together together(sink_);
    for (std::size_t i = 0; i < bundles.size(); ++i) {
      if (listeners[i]) deliver(*listeners[i], bundles[i].notifier, std::move(bundles[i].notifications));
    }
  }

  std::vector<std::optional<SessionRef>> place(std::vector<Bundle>& bundles) {
    Placed placed = directory_.place(bundles);
    count(&HubCounters::stored, placed.stored);
    count(&HubCounters::dropped_old, placed.dropped_old);
    count(&HubCounters::store_failures, placed.failures);
    return std::move(placed.listeners);
  }

  void listen_all() {
    const std::vector<Listen> requests = std::exchange(requests_, {});
    const auto registered = std::exchange(registered_, {});
    auto answers = directory_.listen(requests);
    const backend::Together together(sink_);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto& notifier = requests[i].notifier;
      const auto session = requests[i].session;
      Listened& answer = answers[i];
      if (registered[i]) registered[i]();
      if (answer.failed) count(&HubCounters::store_failures, 1);
      if (!answer.listens) {
        // Another session took it over, and this one has not heard of that.
        if (!answer.failed) sink_.deliver(session, ended(requests[i]));
        continue;
      }
      if (answer.left && *answer.left != session) {
        sink_.deliver(*answer.left, backend::Ended{Role::notifier, notifier.bytes});
      }
      if (answer.former && *answer.former != session) sink_.deliver(*answer.former, ended(requests[i]));
      std::vector<Notification> all = unexpired(std::move(answer.pending));
      // What was collected for the former session is newer than what was stored before it came.
      if (const auto collected = collected_.find(notifier); collected != collected_.end()) {
        auto newer = take(collected).notifications;
        std::move(newer.begin(), newer.end(), std::back_inserter(all));
      }
      deliver(session, notifier, std::move(all));
    }
  }

  // What a session is told that does not listen any more, because another one made this request.
  static backend::Event ended(const Listen& request) {
    if (request.service) return backend::ServiceEnded{*request.service};
    return backend::Ended{Role::notifier, request.notifier.bytes};
  }

  void deliver(SessionRef session, const NotifierId& notifier, std::vector<Notification> notifications) {
    if (notifications.empty()) return;
    count(&HubCounters::delivered, notifications.size());
    sink_.deliver(session, backend::Notified{notifier, std::move(notifications)});
  }

  // What is collected for a notifier, which it is not any more.
  Bundle take(Collected::iterator collected) {
    Bundle out = std::move(collected->second);
    collected_notifications_ -= out.notifications.size();
    collected_.erase(collected);
    return out;
  }

  void note_sizes() {
    const std::lock_guard lock(mutex_);
    counters_.subscribed = directory_.subscribed();
    counters_.collected = collected_notifications_;
  }

  [[nodiscard]] std::int64_t cutoff() const { return unix_seconds(clock_.system_now()) - options_.lifetime.count(); }

  // True when more is left to expire.
  bool expire_batch() {
    const auto expired = directory_.expire(cutoff(), kExpiryBatch);
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

  void count(std::uint64_t HubCounters::*counter, std::uint64_t by) {
    const std::lock_guard lock(mutex_);
    counters_.*counter += by;
  }

  // Constant after construction.
  const HubOptions options_;
  NotificationDirectory& directory_;
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
  std::vector<Bundle> arrived_;                    // pushes, not placed yet
  std::vector<Listen> requests_;                   // not made yet
  std::vector<std::function<void()>> registered_;  // of each of them
  // For notifiers that somebody listened to when the first of these came.
  Collected collected_;
  std::size_t collected_notifications_ = 0;
  std::optional<RealTime> flush_at_;  // when collected_ is delivered

  std::thread thread_;  // last: it uses all of the above
};

NotificationHub::NotificationHub(NotificationDirectory& directory, backend::EventSink& sink, const Clock& clock,
                                 HubOptions options)
    : worker_(std::make_unique<Worker>(directory, sink, clock, options)) {}

NotificationHub::NotificationHub(NotificationStore& store, backend::EventSink& sink, const Clock& clock,
                                 HubOptions options)
    : own_directory_(std::make_unique<InProcessNotifications>(store)),
      worker_(std::make_unique<Worker>(*own_directory_, sink, clock, options)) {}

NotificationHub::~NotificationHub() = default;

void NotificationHub::push(const NotifierRef& notifier, Notification notification) {
  worker_->enqueue(Push{notifier, std::move(notification)});
}
void NotificationHub::subscribe(const NotifierRef& notifier, std::optional<NotifierRef> former,
                                backend::SessionRef session, bool resume, std::function<void()> registered) {
  worker_->enqueue(Subscribe{{notifier.id, session, resume, notifier.service, former}, std::move(registered)});
}
void NotificationHub::subscribe_service(const backend::Service& service, backend::SessionRef session, bool resume,
                                        std::function<void()> registered) {
  worker_->enqueue(SubscribeService{service, session, resume, std::move(registered)});
}
void NotificationHub::remove(const NotifierRef& notifier, backend::SessionRef by) {
  worker_->enqueue(Remove{notifier, by});
}
void NotificationHub::end_session(backend::SessionRef session) {
  worker_->enqueue(EndSession{session});
}

void NotificationHub::forget_session(backend::SessionRef session) {
  worker_->enqueue(ForgetSession{session});
}

std::vector<ServiceStatus> NotificationHub::services() {
  ListServices list;
  auto done = list.done.get_future();
  worker_->enqueue(std::move(list));
  return done.get();
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
