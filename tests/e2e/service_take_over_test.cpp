// Two sessions of one service, where what one of them hears of the other comes before its own answer, as it may when
// they ask different replicas of the backend. A gateway over stores in memory, with real connections, and between the
// two what lets a command or its answer wait.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <utility>

#include "gateway/access/password_policy.hpp"
#include "gateway/gateway.hpp"
#include "gateway/tls/served_identity.hpp"
#include "libs/crypto/certificate.hpp"
#include "services/notification/domain/notification_hub.hpp"
#include "services/notification/storage/memory/memory_notification_store.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "tests/e2e/e2e_test.hpp"
#include "tests/support/child/child.hpp"

namespace sotto::test {
namespace {

using smp::ServiceRole;
using std::chrono::hours;

// Whether the session becomes the subscriber of its service by this, without having been it.
bool subscribes(const backend::Action& action) {
  if (const auto* create = std::get_if<backend::Create>(&action)) return create->subscribe;
  if (const auto* service = std::get_if<backend::SubscribeService>(&action)) return !service->resume;
  return std::holds_alternative<backend::Subscribe>(action);
}
bool resumes(const backend::Action& action) {
  const auto* service = std::get_if<backend::SubscribeService>(&action);
  return service != nullptr && service->resume;
}
bool any(const backend::Batch& batch, bool (*wanted)(const backend::Action&)) {
  return std::any_of(batch.operations.begin(), batch.operations.end(),
                     [&](const auto& operation) { return wanted(operation.action); });
}

// In front of a backend: the next command that subscribes, or its answer, waits until the test lets it go. Any thread.
class SlowBackend final : public backend::QueueBackend {
 public:
  enum class Part { command, answer };

  explicit SlowBackend(backend::QueueBackend& target) : target_(target) {}

  void submit_all(std::vector<backend::Batch> batches) override {
    for (auto& batch : batches) take(std::move(batch));
  }
  void end_session(backend::SessionRef session) override { target_.end_session(session); }

  void hold_next(Part part) {
    const std::lock_guard lock(mutex_);
    next_ = part;
  }
  // What waits goes on, as soon as it is there.
  void let_go() {
    std::function<void()> held;
    {
      std::unique_lock lock(mutex_);
      ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return held_ != nullptr; }));
      held = std::exchange(held_, nullptr);
    }
    held();
  }
  void wait_held() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return held_ != nullptr; }));
  }
  // Answers to sessions that said again that they are the subscriber of their service.
  std::vector<backend::Outcome> resumed() {
    const std::lock_guard lock(mutex_);
    return resumed_;
  }

 private:
  void take(backend::Batch batch) {
    std::optional<Part> part;
    if (any(batch, subscribes)) {
      const std::lock_guard lock(mutex_);
      part = std::exchange(next_, std::nullopt);
    }
    if (part == Part::command) {
      return hold([this, batch = std::move(batch)]() mutable { target_.submit(std::move(batch)); });
    }
    if (part == Part::answer) {
      batch.done = [this, done = std::move(batch.done)](std::vector<backend::OperationResult> results) mutable {
        hold([done = std::move(done), results = std::move(results)] { done(results); });
      };
    } else if (any(batch, resumes)) {
      batch.done = [this, done = std::move(batch.done)](std::vector<backend::OperationResult> results) {
        {
          const std::lock_guard lock(mutex_);
          resumed_.push_back(results.front().outcome);
        }
        done(std::move(results));
      };
    }
    target_.submit(std::move(batch));
  }
  void hold(std::function<void()> what) {
    const std::lock_guard lock(mutex_);
    held_ = std::move(what);
    changed_.notify_all();
  }

  backend::QueueBackend& target_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Part> next_;
  std::function<void()> held_;
  std::vector<backend::Outcome> resumed_;
};

// On the way of events to the gateway: counts, by their kind, those that the gateway has.
class CountedEvents final : public backend::EventSink {
 public:
  void set(backend::EventSink* target) { target_ = target; }
  void deliver(backend::SessionRef session, backend::Event event) override {
    const auto kind = event.index();
    target_->deliver(session, std::move(event));
    const std::lock_guard lock(mutex_);
    ++counts_[kind];
  }
  void resume(std::function<bool(backend::SessionRef)> concerned) override { target_->resume(std::move(concerned)); }

  template <class Kind>
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return counts_[backend::Event(Kind{}).index()];
  }

 private:
  backend::EventSink* target_ = nullptr;
  std::mutex mutex_;
  std::map<std::size_t, std::size_t> counts_;
};

transport::Credentials certificate() {
  auto key = PrivateKey::generate(KeyKind::ed25519);
  auto made = must(crypto::make_self_signed(key, "service", std::chrono::system_clock::now() - hours(1), hours(24)));
  return {{std::move(made)}, std::move(key)};
}

class ServiceTakeOver : public testing::Test {
 protected:
  ServiceTakeOver() {
    fingerprint_ = write_identity(identity_.path());
    gateway::GatewaySettings settings;
    settings.listen = {{"127.0.0.1", 0, true}};
    settings.versions = {smp::kMinVersion, smp::kMaxVersion};
    settings.io_threads = 2;
    settings.end_interval = std::chrono::milliseconds(0);
    settings.drain_timeout = std::chrono::milliseconds(100);
    gateway_ = gateway::Gateway::create(std::move(settings),
                                        *gateway::load_served_identity(identity_.path(), clock_.system_now()), backend,
                                        access_, clock_);
    events.set(gateway_.get());
    port_ = gateway_->start()->ports.front();
  }
  ~ServiceTakeOver() override {
    gateway_->stop();
    commit_.stop();
  }

  std::unique_ptr<SyncClient> connect(std::optional<ServiceRole> role = std::nullopt) const {
    auto options = local_server(port_, fingerprint_);
    if (role) options.service = client::ServiceIdentity{*role, credentials_};
    return connected(options);
  }
  // Whoever created them is gone.
  [[nodiscard]] std::vector<QueueHandle> queues_of_service(int count) const {
    std::vector<QueueHandle> queues;
    {
      const auto owner = connect(ServiceRole::messaging);
      for (int i = 0; i < count; ++i) queues.push_back(must(owner->create_queue()));
    }
    wait_until("the owner to be gone", [this] { return subscribers() == 0; });
    return queues;
  }
  static std::string subs(SyncClient& service) { return ask(service, nullptr, {}, smp::Subs{0, Bytes(16, 0)}); }
  // What `command` does, by a thread of its own: its answer waits for the test.
  template <class Command>
  static auto later(Command command) {
    return std::async(std::launch::async, std::move(command));
  }
  void wait_ended(std::size_t times) {
    wait_until("the gateway to hear of the end", [&] { return events.count<backend::ServiceEnded>() == times; });
  }
  [[nodiscard]] std::uint64_t subscribers() const { return gateway_->counters().service_subscriptions.get(); }

 private:
  SystemClock clock_;
  TempDir identity_;
  const transport::Credentials credentials_ = certificate();
  crypto::Fingerprint fingerprint_{};
  std::uint16_t port_ = 0;
  gateway::PasswordPolicy access_{std::nullopt, true};

 protected:
  CountedEvents events;

 private:
  std::unique_ptr<gateway::Gateway> gateway_;  // outlives whose completions hold connections of it
  queue::MemoryQueueStore queues_;
  notification::MemoryNotificationStore notifications_;
  queue::InProcessDirectory directory_;
  notification::NotificationHub hub_{notifications_, events, clock_, {}};
  queue::GroupCommit commit_{{}, queues_, directory_, hub_, events, clock_};

 protected:
  SlowBackend backend{commit_};
  using Part = SlowBackend::Part;
};

TEST_F(ServiceTakeOver, TheEndThatComesBeforeTheAnswerIsToldBehindIt) {
  const auto first = connect(ServiceRole::messaging);
  const auto second = connect(ServiceRole::messaging);
  const auto queue = queues_of_service(1).front();
  backend.hold_next(Part::answer);
  auto answer = later([&] { return subs(*first); });
  backend.wait_held();
  EXPECT_EQ(subs(*second), "SOKS");
  wait_ended(1);
  backend.let_go();
  EXPECT_EQ(answer.get(), "SOKS");
  const auto ends = must(first->wait_event());
  ASSERT_EQ(text_of(ends), "ENDS");
  EXPECT_EQ(ends.get<smp::Ends>()->count, 1) << "what the answer said";
  EXPECT_EQ(subscribers(), 1U);
  EXPECT_THAT(backend.resumed(), testing::IsEmpty()) << "there is nothing to ask";

  ASSERT_EQ(next_event(*second), "ALLS");
  ASSERT_TRUE(connect()->send(queue, "hello"));
  EXPECT_EQ(receive(*second, queue), "hello");
  EXPECT_EQ(first->pending_events(), 0U);
}

TEST_F(ServiceTakeOver, OfNotifiersAsWell) {
  const auto nsubs = [](SyncClient& service) { return ask(service, nullptr, {}, smp::Nsubs{0, Bytes(16, 0)}); };
  const auto first = connect(ServiceRole::notifier);
  const auto second = connect(ServiceRole::notifier);
  backend.hold_next(Part::answer);
  auto answer = later([&] { return nsubs(*first); });
  backend.wait_held();
  EXPECT_EQ(nsubs(*second), "SOKS");
  wait_ended(1);
  backend.let_go();
  EXPECT_EQ(answer.get(), "SOKS");
  EXPECT_EQ(next_event(*first), "ENDS");
  EXPECT_EQ(subscribers(), 1U);
}

TEST_F(ServiceTakeOver, TheEndOfAFormerSubscriptionDoesNotEndTheNextOne) {
  const auto first = connect(ServiceRole::messaging);
  ASSERT_EQ(subs(*first), "SOKS");
  ASSERT_EQ(next_event(*first), "ALLS");
  const auto second = connect(ServiceRole::messaging);
  backend.hold_next(Part::command);
  auto created = later([&] { return must(first->create_queue()); });
  backend.wait_held();
  EXPECT_EQ(subs(*second), "SOKS");
  wait_ended(1);
  ASSERT_EQ(next_event(*second), "ALLS");
  backend.let_go();
  const auto queue = created.get();
  EXPECT_EQ(next_event(*second), "ENDS");
  wait_until("the first session to ask", [&] { return !backend.resumed().empty(); });
  EXPECT_THAT(backend.resumed(), testing::ElementsAre(backend::Outcome::ok));
  ASSERT_TRUE(connect()->send(queue, "hello"));
  EXPECT_EQ(receive(*first, queue), "hello");
  EXPECT_EQ(first->pending_events(), 0U) << "no ENDS";
  EXPECT_EQ(subscribers(), 1U);
}

TEST_F(ServiceTakeOver, WhoseEndItWasIsAskedWhenItMayBeEither) {
  const auto first = connect(ServiceRole::messaging);
  ASSERT_EQ(subs(*first), "SOKS");
  ASSERT_EQ(next_event(*first), "ALLS");
  const auto second = connect(ServiceRole::messaging);
  backend.hold_next(Part::answer);
  auto created = later([&] { return must(first->create_queue()); });
  backend.wait_held();
  EXPECT_EQ(subs(*second), "SOKS");
  wait_ended(1);
  backend.let_go();
  const auto queue = created.get();
  EXPECT_EQ(next_event(*first), "ENDS");
  EXPECT_THAT(backend.resumed(), testing::ElementsAre(backend::Outcome::refused));
  ASSERT_EQ(next_event(*second), "ALLS");
  ASSERT_TRUE(connect()->send(queue, "hello"));
  EXPECT_EQ(receive(*second, queue), "hello");
  EXPECT_EQ(subscribers(), 1U);
}

// The first command makes the session the subscriber of all queues of the service, not only of the one that it names.
TEST_F(ServiceTakeOver, AMessageThatIsAnnouncedBeforeTheAnswerIsDelivered) {
  const auto queues = queues_of_service(2);
  const auto service = connect(ServiceRole::messaging);
  backend.hold_next(Part::answer);
  auto answer = later([&] { return ask(*service, queues[0].sub()); });
  backend.wait_held();
  const auto announced = events.count<backend::MessageReady>();
  ASSERT_TRUE(connect()->send(queues[1], "hello"));
  wait_until("the gateway to hear of the message",
             [&] { return events.count<backend::MessageReady>() == announced + 1; });
  backend.let_go();
  EXPECT_EQ(answer.get(), "SOK");
  EXPECT_EQ(receive(*service, queues[1]), "hello");
}

}  // namespace
}  // namespace sotto::test
