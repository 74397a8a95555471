#include "services/notification/client/notification_client.hpp"

#include <grpcpp/channel.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "libs/observability/log.hpp"
#include "services/notification/client/notified_sessions.hpp"
#include "services/notification/client/service_stream.hpp"
#include "services/notification/client/waiting_requests.hpp"

namespace sotto::notification {
namespace {

using RealTime = std::chrono::steady_clock::time_point;
using backend::SessionRef;

// Requests in one frame; one takes some 200 bytes.
constexpr std::size_t kMaxFrame = 1024;

}  // namespace

class NotificationClient::Impl {
 public:
  Impl(NotificationClientSettings settings, std::uint64_t client, backend::EventSink& events)
      : settings_(std::move(settings)),
        events_(events),
        owner_{.fill = [this](v1::ClientFrame& frame) { return fill(frame); },
               .written = [this] { written(); },
               .took = [this](const v1::ServiceFrame& frame) { took(frame); },
               .ended = [this](std::shared_ptr<ServiceStream> stream,
                               const grpc::Status& status) { ended(std::move(stream), status); }},
        waiting_(settings_.max_waiting, settings_.max_age),
        random_(std::random_device{}()) {
    hello_.set_client(client);
    hello_.set_protocol(contract::kProtocol);
    hello_.set_name(settings_.name);
    thread_ = std::thread([this] { work(); });
  }

  void say(contract::NotificationRequest request);
  // `request`: to say it with this number.
  void subscribe(SessionRef session, std::function<void()> registered,
                 const std::function<contract::NotificationRequest(std::uint64_t number)>& request);
  void end_session(SessionRef session);
  void stop();

  NotificationClientCounters counters;

 private:
  using Callbacks = std::vector<std::function<void()>>;
  struct Registration {
    std::function<void()> registered;
    RealTime until;
  };

  void work();
  // All with the lock held, which they may release meanwhile. Whether something was done.
  bool begin_attempt(std::unique_lock<std::mutex>& lock, RealTime now);
  bool give_up_attempt(std::unique_lock<std::mutex>& lock, RealTime now);
  bool give_up_registrations(std::unique_lock<std::mutex>& lock, RealTime now);
  bool begin_write(std::unique_lock<std::mutex>& lock);
  // With the lock held.
  [[nodiscard]] std::optional<RealTime> next_look() const;
  std::chrono::milliseconds grown();
  void add(contract::NotificationRequest request);
  void drop(const WaitingRequests::Entries& entries);
  Callbacks forget_stream();
  static void call(const Callbacks& callbacks);

  bool fill(v1::ClientFrame& frame);
  void written();
  void took(const v1::ServiceFrame& frame);
  void came_up();
  void registered(const v1::ServiceFrame& frame);
  void deliver(const v1::ServiceFrame& frame);
  void have_sessions_resume();
  void ended(std::shared_ptr<ServiceStream> stream, const grpc::Status& status);

  const NotificationClientSettings settings_;
  v1::Hello hello_;  // constant after construction
  backend::EventSink& events_;
  const ServiceStream::Owner owner_;
  const std::shared_ptr<NotifiedSessions> sessions_ = std::make_shared<NotifiedSessions>();

  std::mutex mutex_;
  std::condition_variable wake_;     // the thread: something may be due
  std::condition_variable changed_;  // stop(): something was written or ended
  // Guarded by mutex_.
  std::size_t replica_ = 0;                // of the attempt, or of the next one
  std::shared_ptr<ServiceStream> stream_;  // a null pointer: none now
  std::size_t unfinished_ = 0;             // streams, until nothing of them is left
  bool up_ = false;                        // the service said Welcome
  bool leaving_ = false;                   // and that it stops
  bool given_up_ = false;                  // the stream was cancelled
  bool failing_ = false;                   // since it was up last; the log says so once
  RealTime attempt_until_;
  RealTime next_attempt_;
  std::chrono::milliseconds backoff_{0};
  WaitingRequests waiting_;
  WaitingRequests::Entries in_flight_;  // of the frame that is being written
  bool write_wanted_ = false;           // the thread is to begin a write
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Registration> registrations_;  // by number, and so by time
  bool stopping_ = false;                                // what waits is still written
  bool over_ = false;                                    // nothing is begun any more
  std::minstd_rand random_;

  std::thread thread_;
};

// --- what is said

void NotificationClient::Impl::drop(const WaitingRequests::Entries& entries) {
  counters.dropped += entries.size();
  for (const auto& each : entries) {
    // Whoever waits for it is told soon.
    const auto* subscribe = std::get_if<contract::SubscribeRequest>(&each.request);
    if (subscribe == nullptr) continue;
    if (const auto found = registrations_.find(subscribe->number); found != registrations_.end()) {
      found->second.until = {};
    }
  }
}

void NotificationClient::Impl::add(contract::NotificationRequest request) {
  const auto now = std::chrono::steady_clock::now();
  drop(waiting_.expire(now));
  drop(waiting_.add(std::move(request), now));
  counters.waiting = waiting_.size();
  if (up_ && in_flight_.empty() && !std::exchange(write_wanted_, true)) wake_.notify_all();
}

void NotificationClient::Impl::say(contract::NotificationRequest request) {
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    ++counters.dropped;
    return;
  }
  add(std::move(request));
}

void NotificationClient::Impl::subscribe(
    SessionRef session, std::function<void()> registered,
    const std::function<contract::NotificationRequest(std::uint64_t number)>& request) {
  sessions_->add(session);
  {
    const std::lock_guard lock(mutex_);
    if (up_ && !leaving_ && !stopping_) {
      const auto number = ++last_number_;
      if (registered) {
        const auto until = std::chrono::steady_clock::now() + settings_.register_timeout;
        registrations_.emplace(number, Registration{std::move(registered), until});
        // The thread looks for the first of them.
        if (registrations_.size() == 1) wake_.notify_all();
      }
      return add(request(number));
    }
  }
  // It resumes when the service is back.
  if (registered) registered();
}

void NotificationClient::Impl::end_session(SessionRef session) {
  if (sessions_->remove(session)) say(contract::EndSessionRequest{session});
}

// --- the thread

void NotificationClient::Impl::work() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    const auto now = std::chrono::steady_clock::now();
    // What releases the lock may have missed something.
    if (begin_attempt(lock, now) || give_up_attempt(lock, now) || give_up_registrations(lock, now) ||
        begin_write(lock)) {
      continue;
    }
    if (const auto time = next_look()) {
      wake_.wait_until(lock, *time);
    } else {
      wake_.wait(lock);
    }
  }
}

std::optional<RealTime> NotificationClient::Impl::next_look() const {
  std::optional<RealTime> out;
  const auto at = [&out](RealTime time) { out = out ? std::min(*out, time) : time; };
  if (!stream_ && !stopping_) at(next_attempt_);
  if (stream_ && !up_ && !given_up_) at(attempt_until_);
  if (!registrations_.empty()) at(registrations_.begin()->second.until);
  return out;
}

std::chrono::milliseconds NotificationClient::Impl::grown() {
  backoff_ = std::clamp(backoff_ * 2, settings_.backoff_first, settings_.backoff_last);
  // Between half and all of it, so that clients do not come all at once.
  std::uniform_int_distribution<std::chrono::milliseconds::rep> part(backoff_.count() / 2, backoff_.count());
  return std::chrono::milliseconds(part(random_));
}

bool NotificationClient::Impl::begin_attempt(std::unique_lock<std::mutex>& lock, RealTime now) {
  if (stream_ || stopping_ || now < next_attempt_) return false;
  auto channel = rpc::make_channel(settings_.replicas[replica_]);
  if (!channel) {
    ++counters.attempts_failed;
    if (!std::exchange(failing_, true)) {
      log::error("cannot use the certificate for the notification service", channel.error());
    }
    next_attempt_ = now + grown();
    return true;
  }
  stream_ = std::make_shared<ServiceStream>(owner_, v1::NotificationService::NewStub(*channel));
  given_up_ = false;
  attempt_until_ = now + settings_.attach_timeout;
  ++unfinished_;
  const auto stream = stream_;
  lock.unlock();
  stream->start(hello_);
  lock.lock();
  return true;
}

bool NotificationClient::Impl::give_up_attempt(std::unique_lock<std::mutex>& lock, RealTime now) {
  if (!stream_ || up_ || given_up_ || now < attempt_until_) return false;
  given_up_ = true;
  const auto stream = stream_;
  lock.unlock();
  stream->cancel();
  lock.lock();
  return true;
}

bool NotificationClient::Impl::give_up_registrations(std::unique_lock<std::mutex>& lock, RealTime now) {
  Callbacks late;
  std::erase_if(registrations_, [&](auto& each) {
    if (now < each.second.until) return false;
    late.push_back(std::move(each.second.registered));
    return true;
  });
  if (late.empty()) return false;
  counters.unregistered += late.size();
  lock.unlock();
  call(late);
  lock.lock();
  return true;
}

bool NotificationClient::Impl::begin_write(std::unique_lock<std::mutex>& lock) {
  if (!std::exchange(write_wanted_, false) || !up_) return false;
  const auto stream = stream_;
  lock.unlock();
  stream->drive();
  lock.lock();
  return true;
}

void NotificationClient::Impl::call(const Callbacks& callbacks) {
  for (const auto& callback : callbacks) callback();
}

// --- the stream

bool NotificationClient::Impl::fill(v1::ClientFrame& frame) {
  const std::lock_guard lock(mutex_);
  if (!up_ || leaving_) return false;
  drop(waiting_.expire(std::chrono::steady_clock::now()));
  in_flight_ = waiting_.take(kMaxFrame);
  counters.waiting = waiting_.size();
  for (const auto& each : in_flight_) contract::to_proto(each.request, *frame.add_requests());
  return !in_flight_.empty();
}

void NotificationClient::Impl::written() {
  const std::lock_guard lock(mutex_);
  counters.sent += in_flight_.size();
  in_flight_.clear();
  changed_.notify_all();
}

void NotificationClient::Impl::took(const v1::ServiceFrame& frame) {
  if (frame.has_welcome()) came_up();
  registered(frame);
  deliver(frame);
  if (frame.has_resume()) have_sessions_resume();
  if (!frame.leaving()) return;
  std::shared_ptr<ServiceStream> stream;
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    stream = stream_;
  }
  if (stream) stream->half_close();
}

void NotificationClient::Impl::came_up() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(up_, true)) return;
    ++counters.attached;
    counters.connected = 1;
    failing_ = false;
    backoff_ = std::chrono::milliseconds(0);
    log::info("attached to the notification service", {{"target", settings_.replicas[replica_].target}});
    write_wanted_ = true;
    wake_.notify_all();
  }
  have_sessions_resume();
}

void NotificationClient::Impl::have_sessions_resume() {
  if (sessions_->empty()) return;
  events_.resume([sessions = sessions_](SessionRef session) { return sessions->contains(session); });
}

void NotificationClient::Impl::registered(const v1::ServiceFrame& frame) {
  Callbacks callbacks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto number : frame.registered()) {
      auto node = registrations_.extract(number);
      if (!node.empty()) callbacks.push_back(std::move(node.mapped().registered));
    }
  }
  call(callbacks);
}

void NotificationClient::Impl::deliver(const v1::ServiceFrame& frame) {
  if (frame.events().empty()) return;
  const backend::Together together(events_);
  for (const auto& each : frame.events()) {
    ++counters.events;
    auto event = contract::from_proto(each);
    if (!event) {
      ++counters.events_malformed;
    } else if (*event) {
      events_.deliver((*event)->session, std::move((*event)->event));
    }
  }
}

NotificationClient::Impl::Callbacks NotificationClient::Impl::forget_stream() {
  // What was being written may have arrived or not.
  drop(waiting_.put_back(std::exchange(in_flight_, {})));
  // Those who subscribed resume, and the others wait for nobody.
  waiting_.take_subscriptions();
  counters.waiting = waiting_.size();
  Callbacks callbacks;
  for (auto& [number, registration] : std::exchange(registrations_, {})) {
    callbacks.push_back(std::move(registration.registered));
  }
  return callbacks;
}

void NotificationClient::Impl::ended(std::shared_ptr<ServiceStream> stream, const grpc::Status& status) {
  counters.connected = 0;
  std::unique_lock lock(mutex_);
  stream_.reset();
  const bool was_up = std::exchange(up_, false);
  const bool left = std::exchange(leaving_, false);
  ++(was_up ? counters.lost : counters.attempts_failed);
  const bool said_already = !was_up && std::exchange(failing_, true);
  if (!stopping_ && !said_already) {
    const auto& target = settings_.replicas[replica_].target;
    if (left) {
      log::info("the notification service stops", {{"target", target}});
    } else {
      log::warning(was_up ? "lost the notification service" : "cannot attach to the notification service",
                   {{"target", target}, {"cause", status.error_message()}});
    }
  }
  const auto callbacks = forget_stream();
  replica_ = (replica_ + 1) % settings_.replicas.size();
  next_attempt_ = std::chrono::steady_clock::now();
  if (!left) next_attempt_ += grown();
  wake_.notify_all();
  changed_.notify_all();
  lock.unlock();
  call(callbacks);
  stream.reset();
  lock.lock();
  --unfinished_;
  changed_.notify_all();
}

// --- the end

void NotificationClient::Impl::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  const auto until = std::chrono::steady_clock::now() + settings_.stop_timeout;
  changed_.wait_until(lock, until, [this] { return !up_ || (waiting_.empty() && in_flight_.empty()); });
  over_ = true;
  auto stream = stream_;
  const bool was_up = up_;
  wake_.notify_all();
  lock.unlock();
  if (thread_.joinable()) thread_.join();
  if (stream && was_up) stream->half_close();
  if (stream && !was_up) stream->cancel();
  lock.lock();
  const auto finished = [this] { return unfinished_ == 0; };
  if (!changed_.wait_until(lock, until, finished)) {
    lock.unlock();
    if (stream) stream->cancel();
    lock.lock();
    changed_.wait(lock, [this] { return stream_ == nullptr; });
  }
  lock.unlock();
  stream.reset();
  lock.lock();
  changed_.wait(lock, finished);
  drop(waiting_.take(waiting_.size()));
  counters.waiting = 0;
}

// --- as others see it

NotificationClient::NotificationClient(NotificationClientSettings settings, std::uint64_t client_id,
                                       backend::EventSink& events)
    : impl_(std::make_unique<Impl>(std::move(settings), client_id, events)) {}

NotificationClient::~NotificationClient() {
  stop();
}

void NotificationClient::push(const backend::NotifierRef& notifier, backend::Notification notification) {
  impl_->say(contract::PushRequest{notifier, std::move(notification)});
}

void NotificationClient::subscribe(const backend::NotifierRef& notifier, std::optional<backend::NotifierRef> former,
                                   SessionRef session, bool resume, std::function<void()> registered) {
  impl_->subscribe(session, std::move(registered), [&](std::uint64_t number) {
    return contract::SubscribeRequest{notifier, session, resume, number, former};
  });
}

void NotificationClient::subscribe_service(const backend::Service& service, SessionRef session, bool resume,
                                           std::function<void()> registered) {
  impl_->subscribe(session, std::move(registered), [&](std::uint64_t number) {
    return contract::SubscribeServiceRequest{service, session, resume, number};
  });
}

void NotificationClient::remove(const backend::NotifierRef& notifier, SessionRef by) {
  impl_->say(contract::RemoveRequest{notifier, by});
}

void NotificationClient::end_session(SessionRef session) {
  impl_->end_session(session);
}

const NotificationClientCounters& NotificationClient::counters() const {
  return impl_->counters;
}

void NotificationClient::stop() {
  impl_->stop();
}

}  // namespace sotto::notification
