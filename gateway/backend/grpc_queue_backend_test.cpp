// Gateway and queue service over real gRPC: replicas that die, come back, are slow or refuse.
#include "gateway/backend/grpc_queue_backend.hpp"

#include <atomic>
#include <set>

#include <gtest/gtest.h>

#include "gateway/backend/test_session.hpp"
#include "libs/backend/notification_backend.hpp"
#include "libs/crypto/random.hpp"
#include "services/queue/api/test_replica.hpp"
#include "services/queue/domain/group_commit.hpp"
#include "services/queue/domain/in_process_directory.hpp"
#include "services/queue/domain/test_values.hpp"
#include "services/queue/storage/memory/memory_queue_store.hpp"
#include "tests/support/child/free_port.hpp"

namespace sotto::gateway {
namespace {

using backend::Action;
using backend::Operation;
using backend::OperationResult;
using backend::Outcome;
using backend::SessionRef;
using queue::TestReplica;
using test::wait_until;
using namespace std::chrono_literals;

constexpr std::uint64_t kGateway = 7;

class GrpcQueueBackendTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { crypto::initialise(); }
  GrpcQueueBackendTest() {
    settings_.name = "test";
    settings_.batch_deadline = 60s;
    settings_.connect_grace = 60s;
    settings_.backoff_first = 10ms;
    settings_.backoff_last = 50ms;
  }

  void connect(const std::vector<const TestReplica*>& replicas) {
    settings_.replicas.clear();
    for (const auto* replica : replicas)
      settings_.replicas += (settings_.replicas.empty() ? "" : ",") + replica->address();
    start();
    wait_for_streams(replicas.size());
  }
  void start() {
    ASSERT_TRUE(GrpcQueueBackend::check(settings_).ok());
    backend_.emplace(settings_, kGateway, sink_, clock_);
  }
  void wait_for_streams(std::size_t count) {
    wait_until("streams are up", [&] { return backend_->counters().streams_up == count; });
  }
  static SessionRef session(std::uint64_t connection) { return {.gateway = kGateway, .connection = connection}; }
  std::shared_ptr<Answer> submit(std::uint64_t connection, std::vector<Operation> operations) {
    return Answer::submit(
        *backend_, sink_,
        {.session = session(connection), .deadline = {}, .operations = std::move(operations), .done = {}});
  }
  std::shared_ptr<Answer> submit(std::uint64_t connection, Action action) {
    return submit(connection, {{queue_, 1, std::move(action)}});
  }
  static void wait_for(const std::shared_ptr<Answer>& answer) {
    wait_until("an answer", [&] { return answer->there(); });
  }
  OperationResult ask(std::uint64_t connection, Operation operation) {
    const auto answer = submit(connection, {std::move(operation)});
    wait_for(answer);
    EXPECT_EQ(answer->times(), 1);
    return answer->results().at(0);
  }
  // Sessions 1, 2, … each with one batch, so that they are at home somewhere.
  void settle_sessions(std::uint64_t count) {
    for (std::uint64_t connection = 1; connection <= count; ++connection) {
      EXPECT_EQ(ask(connection, {queue_, 1, backend::Fetch{}}).outcome, Outcome::ok);
    }
  }

  SystemClock clock_;
  queue::TestValues values_;
  RecipientId queue_ = values_.id<RecipientId>();
  TestSink sink_;
  GrpcBackendSettings settings_;
  std::optional<GrpcQueueBackend> backend_;
};

class NoNotifications final : public backend::NotificationBackend {
 public:
  void push(const backend::NotifierRef& /*notifier*/, backend::Notification /*notification*/) override {}
  void subscribe(const backend::NotifierRef& /*notifier*/, std::optional<backend::NotifierRef> /*former*/,
                 SessionRef /*session*/, bool /*resume*/, std::function<void()> registered) override {
    registered();
  }
  void subscribe_service(const backend::Service& /*service*/, SessionRef /*session*/, bool /*resume*/,
                         std::function<void()> registered) override {
    registered();
  }
  void remove(const backend::NotifierRef& /*notifier*/, SessionRef /*by*/) override {}
  void end_session(SessionRef /*session*/) override {}
};

// Every action once through the stream, against the real domain.
TEST_F(GrpcQueueBackendTest, ALifeOfAQueue) {
  queue::MemoryQueueStore store;
  queue::InProcessDirectory directory;
  NoNotifications notifications;
  TestReplica::Options options;
  options.make_backend = [&](backend::EventSink& sink) {
    queue::GroupCommitSettings settings;
    settings.expire_on_start = false;
    return std::make_unique<queue::GroupCommit>(settings, store, directory, notifications, sink, clock_);
  };
  const TestReplica replica(options);
  connect({&replica});

  auto record = values_.record();
  const RecipientId id = record.recipient_id;
  const auto on_queue = [&](std::uint64_t version, Action action) { return Operation{id, version, std::move(action)}; };
  auto result = ask(1, {{}, 0, backend::Create{.record = record, .link = std::nullopt, .subscribe = true}});
  EXPECT_EQ(result.outcome, Outcome::ok);
  ASSERT_TRUE(result.record);
  EXPECT_EQ(*result.record, record);
  EXPECT_EQ(ask(1, {{}, 0, backend::Create{.record = record, .link = std::nullopt, .subscribe = false}}).outcome,
            Outcome::conflict);

  const auto link = values_.link();
  const auto link_id = values_.id<LinkId>();
  EXPECT_EQ(ask(1, on_queue(1, backend::SetLink{.link_id = link_id, .link = link})).outcome, Outcome::ok);
  result = ask(2, {{}, 0, backend::Find{.role = backend::Role::link, .id = link_id.bytes}});
  ASSERT_TRUE(result.record);
  EXPECT_EQ(result.record->version, 2U);
  EXPECT_EQ(ask(1, on_queue(2, backend::GetLink{})).outcome, Outcome::refused);
  result = ask(2, on_queue(2, backend::Secure{.key = values_.key(), .by_sender = true, .with_link = true}));
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_EQ(result.link, link);
  EXPECT_EQ(ask(1, on_queue(3, backend::DeleteLink{})).outcome, Outcome::ok);
  EXPECT_EQ(ask(1, on_queue(3, backend::Suspend{})).outcome, Outcome::stale);
  EXPECT_EQ(ask(1, on_queue(4, backend::SetRecipientKeys{{values_.key()}})).outcome, Outcome::refused);
  EXPECT_EQ(ask(1, on_queue(4, backend::SetNotifier{values_.notifier()})).outcome, Outcome::ok);
  EXPECT_EQ(ask(3, on_queue(5, backend::SubscribeNotifier{})).outcome, Outcome::ok);
  EXPECT_EQ(ask(1, on_queue(5, backend::DeleteNotifier{})).outcome, Outcome::ok);

  const auto message = values_.message(unix_seconds(clock_.system_now()), 16000);
  EXPECT_EQ(ask(2, on_queue(6, backend::Append{message, values_.notification()})).outcome, Outcome::ok);
  wait_until("the subscriber hears of it", [&] { return sink_.log().back() == "1 ready"; });
  result = ask(1, on_queue(6, backend::Fetch{.if_subscribed = true}));
  ASSERT_TRUE(result.message);
  EXPECT_EQ(*result.message, *message);
  result = ask(2, on_queue(6, backend::Inspect{}));
  EXPECT_EQ(result.messages, 1U);
  EXPECT_TRUE(result.subscribed);
  EXPECT_EQ(ask(1, on_queue(6, backend::Ack{.message_id = message->id, .then_next = true})).outcome, Outcome::ok);
  EXPECT_EQ(ask(4, on_queue(6, backend::Subscribe{})).outcome, Outcome::ok);
  wait_until("the former subscriber hears of it", [&] {
    const auto log = sink_.log();
    return std::find(log.begin(), log.end(), "1 ended") != log.end();
  });
  EXPECT_EQ(ask(1, on_queue(6, backend::Suspend{})).outcome, Outcome::ok);
  EXPECT_EQ(ask(1, on_queue(7, backend::Delete{})).outcome, Outcome::ok);
  EXPECT_EQ(ask(1, on_queue(7, backend::Fetch{})).outcome, Outcome::gone);
  EXPECT_EQ(store.totals().queues, 0U);
  backend_->stop();
}

TEST_F(GrpcQueueBackendTest, BatchesOfASessionKeepTheirOrder) {
  TestReplica a;
  TestReplica b;
  connect({&a, &b});
  constexpr std::uint64_t kSessions = 8;
  constexpr std::uint64_t kBatches = 200;
  std::vector<std::shared_ptr<Answer>> answers;
  for (std::uint64_t i = 0; i < kBatches; ++i) {
    for (std::uint64_t connection = 1; connection <= kSessions; ++connection) {
      answers.push_back(submit(connection, {{queue_, i, backend::Suspend{}}}));
    }
  }
  for (const auto& answer : answers) wait_for(answer);
  std::map<std::uint64_t, std::uint64_t> next;
  for (auto* replica : {&a, &b}) {
    for (const auto& batch : replica->scripted.seen()) {
      EXPECT_EQ(batch.operations.at(0).version, next[batch.session.connection]++);
    }
    EXPECT_EQ(replica->scripted.seen_count(), kSessions * kBatches / 2) << "sessions are shared out";
  }
  EXPECT_EQ(next.size(), kSessions);
}

TEST_F(GrpcQueueBackendTest, ADeadReplicaLeavesNoBatchWithoutAnswer) {
  TestReplica a;
  connect({&a});
  a.scripted.hold();
  std::vector<std::shared_ptr<Answer>> answers;
  for (std::uint64_t i = 1; i <= 100; ++i) answers.push_back(submit(i, backend::Suspend{}));
  wait_until("all are there", [&] { return a.scripted.held_count() == 100; });
  a.kill();
  for (const auto& answer : answers) {
    wait_for(answer);
    EXPECT_EQ(answer->outcome(), Outcome::unavailable);
  }
  EXPECT_EQ(backend_->counters().interrupted, 100U);
  EXPECT_FALSE(backend_->healthy());
  EXPECT_EQ(sink_.resumes(), 0U);
  EXPECT_EQ(backend_->counters().operations_in_flight, 0U);
}

// Replicas of one service come up one after another: the name has no address first, then one, then two.
TEST_F(GrpcQueueBackendTest, ANameIsLookedUpAgainSoonAfterTheStart) {
  TestReplica a;
  TestReplica b;
  std::atomic<int> looks{0};
  settings_.replicas = "queue.example:7450";
  settings_.resolve_first = 1ms;
  settings_.resolve = [&](const rpc::ReplicaName& name) -> Result<std::vector<rpc::ReplicaAddress>> {
    EXPECT_EQ(name.host, "queue.example");
    const int look = ++looks;
    if (look <= 2) return Error{ErrorCode::connection_failed, "not yet"};
    std::vector<rpc::ReplicaAddress> addresses{{"ipv4:" + a.address(), name.host}};
    if (look > 3) addresses.push_back({"ipv4:" + b.address(), name.host});
    return addresses;
  };
  start();
  wait_for_streams(2);
  EXPECT_EQ(backend_->counters().resolve_failures, 2U);
  backend_.reset();  // it looks names up as long as it lives
}

TEST_F(GrpcQueueBackendTest, ANameIsLookedUpAgainWhenAReplicaIsLost) {
  TestReplica a;
  TestReplica b;
  std::atomic<const TestReplica*> there{&a};
  settings_.replicas = "queue.example:7450";
  settings_.resolve_first = settings_.resolve_last = 1h;
  settings_.resolve = [&](const rpc::ReplicaName& name) -> Result<std::vector<rpc::ReplicaAddress>> {
    return std::vector<rpc::ReplicaAddress>{{"ipv4:" + there.load()->address(), name.host}};
  };
  start();
  wait_for_streams(1);
  there = &b;
  a.kill();
  wait_until("the other one is found", [&] { return backend_->counters().attached == 2U; });
  EXPECT_EQ(ask(1, {queue_, 1, backend::Suspend{}}).outcome, Outcome::ok);
  EXPECT_EQ(b.scripted.seen_count(), 1U);
  backend_.reset();
}

TEST_F(GrpcQueueBackendTest, ReadsOfADeadReplicaAreAnsweredByAnother) {
  TestReplica a;
  TestReplica b;
  connect({&a, &b});
  settle_sessions(4);
  a.scripted.hold();
  b.scripted.hold();
  std::vector<std::shared_ptr<Answer>> reads;
  for (std::uint64_t i = 1; i <= 4; ++i) reads.push_back(submit(i, backend::Fetch{}));
  wait_until("all are there", [&] { return a.scripted.held_count() == 2 && b.scripted.held_count() == 2; });
  a.kill();
  wait_until("those of a are sent to b", [&] { return b.scripted.held_count() == 4; });
  b.scripted.release();
  for (const auto& read : reads) {
    wait_for(read);
    EXPECT_EQ(read->outcome(), Outcome::ok);
  }
  EXPECT_EQ(backend_->counters().sent_again, 2U);
  wait_until("sessions resume", [&] { return sink_.resumes() == 1; });
  EXPECT_EQ(sink_.resumed(0, kGateway), "1234");
  EXPECT_TRUE(backend_->healthy());
}

TEST_F(GrpcQueueBackendTest, AReplicaThatComesBackIsUsedAgain) {
  auto a = std::make_unique<TestReplica>();
  const int port = a->port();
  connect({a.get()});
  settle_sessions(3);
  a.reset();
  wait_until("it is lost", [&] { return !backend_->healthy(); });
  wait_until("an attempt to attach fails", [&] { return backend_->counters().attach_failures > 0; });
  const auto waiting = submit(2, backend::Suspend{});
  backend_->end_session(session(3));
  TestReplica::Options options;
  options.port = port;
  TestReplica back(options);
  wait_for(waiting);
  EXPECT_EQ(waiting->outcome(), Outcome::ok);
  wait_until("sessions resume", [&] { return sink_.resumes() == 1; });
  EXPECT_EQ(sink_.resumed(0, kGateway), "12");
  wait_until("it is told who has left", [&] { return back.scripted.ended().size() == 1; });
  EXPECT_EQ(back.scripted.ended()[0], session(3));
  EXPECT_EQ(backend_->counters().attached, 2U);
  EXPECT_EQ(backend_->counters().lost, 1U);
}

TEST_F(GrpcQueueBackendTest, AReplicaThatLeavesLosesNoBatch) {
  TestReplica a;
  TestReplica b;
  connect({&a, &b});
  settle_sessions(2);
  a.scripted.hold();
  const auto under_way = submit(1, backend::Suspend{});
  const auto also = submit(2, backend::Suspend{});
  wait_until("one is at each", [&] { return a.scripted.seen_count() == 2 && b.scripted.seen_count() == 2; });
  std::jthread drain([&] { a.api().drain(60s); });
  // Sessions that are new use b from now on. Nobody waits for those that came before it was heard: a holds them.
  std::uint64_t connection = 10;
  wait_until("a is left", [&] {
    const auto of_a = a.scripted.seen_count();
    const auto all = of_a + b.scripted.seen_count();
    for (int i = 0; i < 4; ++i) submit(connection++, backend::Inspect{});
    wait_until("they are there", [&] { return a.scripted.seen_count() + b.scripted.seen_count() == all + 4; });
    return a.scripted.seen_count() == of_a;
  });
  a.scripted.release();
  for (const auto& answer : {under_way, also}) {
    wait_for(answer);
    EXPECT_EQ(answer->outcome(), Outcome::ok);
  }
  drain.join();
  wait_for_streams(1);
  EXPECT_EQ(backend_->counters().interrupted, 0U);
  wait_until("the session of a resumes", [&] { return sink_.resumes() == 1; });
  // Of sessions 1 and 2, those of a: all events of the others have come.
  EXPECT_EQ(sink_.resumed(0, kGateway).size(), 1U);
}

TEST_F(GrpcQueueBackendTest, ASilentReplicaIsAnsweredByTheDeadline) {
  TestReplica a;
  settings_.batch_deadline = 100ms;
  connect({&a});
  a.scripted.hold();
  const auto answer = submit(1, backend::Fetch{});
  wait_for(answer);
  EXPECT_EQ(answer->outcome(), Outcome::unavailable);
  EXPECT_EQ(backend_->counters().timeouts, 1U);
  ASSERT_EQ(a.scripted.seen_count(), 1U);
  EXPECT_TRUE(a.scripted.seen()[0].deadline.has_value());
  // The answer that comes too late is nobody's.
  a.scripted.release();
  EXPECT_EQ(ask(1, {queue_, 1, backend::Fetch{}}).outcome, Outcome::ok);
  EXPECT_EQ(answer->times(), 1);
}

TEST_F(GrpcQueueBackendTest, WithoutReplicaTheAnswerComesSoon) {
  settings_.replicas = "127.0.0.1:" + std::to_string(test::free_port());
  settings_.connect_grace = 50ms;
  start();
  const auto answer = submit(1, backend::Fetch{});
  wait_for(answer);
  EXPECT_EQ(answer->outcome(), Outcome::unavailable);
  EXPECT_EQ(backend_->counters().unreachable, 1U);
  EXPECT_FALSE(backend_->healthy());
}

TEST_F(GrpcQueueBackendTest, EventsComeAfterTheAnswerAlsoFromAnotherReplica) {
  queue::TestBus::Wire wire;
  TestReplica a({.wire = &wire});
  TestReplica b({.wire = &wire});
  connect({&a, &b});
  settle_sessions(1);
  auto& home = a.scripted.seen_count() > 0 ? a : b;
  auto& other = a.scripted.seen_count() > 0 ? b : a;
  home.scripted.hold();
  const auto answer = submit(1, backend::Subscribe{});
  wait_until("it is there", [&] { return home.scripted.held_count() == 1; });
  // The other replica finds the session in the directory before the session knows that it subscribed.
  const auto before = backend_->counters().events.load();
  other.api().deliver(session(1), backend::MessageReady{queue_, nullptr});
  wait_until("the event has come", [&] { return backend_->counters().events > before; });
  EXPECT_FALSE(answer->there());
  home.scripted.release();
  wait_for(answer);
  wait_until("and is delivered", [&] { return sink_.log().back() == "1 ready"; });
  const auto log = sink_.log();
  EXPECT_EQ(log.at(log.size() - 2), "1 answered");
}

// The gateway is attached to one of two replicas only: its events come by the bus.
TEST_F(GrpcQueueBackendTest, EventsOfAReplicaThatItIsNotAttachedTo) {
  queue::TestBus::Wire wire;
  TestReplica a({.wire = &wire});
  TestReplica b({.wire = &wire});
  connect({&a});
  settle_sessions(2);
  b.api().deliver(session(2), backend::MessageReady{queue_, values_.message(1, 16000)});
  wait_until("the event comes", [&] { return sink_.log().back() == "2 ready"; });
  EXPECT_EQ(a.counters().events_sent, 1U);
  EXPECT_EQ(b.counters().events_published, 1U);
}

TEST_F(GrpcQueueBackendTest, AReplicaThatLostItsDirectoryAsksItsSessionsToResume) {
  TestReplica a;
  TestReplica b;
  connect({&a, &b});
  settle_sessions(4);
  a.api().resume([](SessionRef /*each*/) { return true; });
  wait_until("they resume", [&] { return sink_.resumes() == 1; });
  std::string expected;
  std::set<std::uint64_t> of_a;
  for (const auto& batch : a.scripted.seen()) of_a.insert(batch.session.connection);
  for (const auto connection : of_a) expected += std::to_string(connection);
  EXPECT_EQ(sink_.resumed(0, kGateway), expected);
}

TEST_F(GrpcQueueBackendTest, StopAnswersAllAndThenNothingComes) {
  TestReplica a;
  settings_.stop_timeout = 200ms;
  connect({&a});
  settle_sessions(1);
  a.scripted.hold();
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(submit(1, backend::Suspend{}));
  backend_->stop();
  for (const auto& answer : answers) EXPECT_EQ(answer->outcome(), Outcome::unavailable);
  const auto told = sink_.log().size();
  a.scripted.release();
  a.api().deliver(session(1), backend::Ended{});
  const auto late = submit(1, backend::Fetch{});
  EXPECT_EQ(late->outcome(), Outcome::unavailable);
  EXPECT_EQ(sink_.log().size(), told + 1);
  backend_->stop();
}

TEST_F(GrpcQueueBackendTest, StopWaitsForAnswersThatAreUnderWay) {
  TestReplica a;
  connect({&a});
  a.scripted.hold();
  const auto answer = submit(1, backend::Suspend{});
  wait_until("it is there", [&] { return a.scripted.held_count() == 1; });
  std::jthread stop([&] { backend_->stop(); });
  wait_until("nothing more is taken", [&] { return submit(2, backend::Fetch{})->there(); });
  a.scripted.release();
  stop.join();
  EXPECT_EQ(answer->outcome(), Outcome::ok);
  wait_until("the stream has ended", [&] { return a.counters().streams == 0; });
}

TEST_F(GrpcQueueBackendTest, ManyThreadsAndAReplicaThatComesAndGoes) {
  TestReplica a;
  auto b = std::make_unique<TestReplica>();
  const int port = b->port();
  connect({&a, b.get()});
  constexpr std::uint64_t kThreads = 4;
  std::atomic<bool> enough{false};
  std::vector<std::vector<std::shared_ptr<Answer>>> answers(kThreads);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; !enough; ++i) {
        const auto connection = 1 + t + kThreads * (i / 16);
        answers[t].push_back(i % 3 == 0 ? submit(connection, {{queue_, 1, backend::Suspend{}}})
                                        : submit(connection, {{queue_, 1, backend::Subscribe{}}}));
        if (i % 16 == 15) backend_->end_session(session(connection));
        if (i % 4 == 3) wait_for(answers[t].back());
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    b.reset();
    wait_for_streams(1);
    TestReplica::Options options;
    options.port = port;
    b = std::make_unique<TestReplica>(std::move(options));
    wait_for_streams(2);
    const auto seen = b->scripted.seen_count();
    wait_until("it is at work", [&] { return b->scripted.seen_count() > seen + 20; });
  }
  enough = true;
  for (auto& thread : threads) thread.join();
  backend_->stop();
  std::size_t batches = 0;
  for (const auto& of_thread : answers) {
    for (const auto& answer : of_thread) EXPECT_EQ(answer->times(), 1);
    batches += of_thread.size();
  }
  EXPECT_EQ(backend_->counters().batches, batches);
  EXPECT_EQ(backend_->counters().operations_in_flight, 0U);
  EXPECT_EQ(backend_->counters().bytes_in_flight, 0U);
}

TEST_F(GrpcQueueBackendTest, ANameIsAsManyReplicasAsItHasAddresses) {
  TestReplica a;
  settings_.replicas = "localhost:" + std::to_string(a.port());
  start();
  // On IPv4 it is there; on IPv6, where that is configured, it is not.
  wait_until("it is up", [&] { return backend_->healthy(); });
  settle_sessions(1);
  EXPECT_EQ(backend_->counters().streams_up, 1U);
}

TEST_F(GrpcQueueBackendTest, SettingsThatCannotWorkAreRefused) {
  EXPECT_FALSE(GrpcQueueBackend::check(settings_).ok());
  settings_.replicas = "queue:7001";
  EXPECT_TRUE(GrpcQueueBackend::check(settings_).ok());
  settings_.tls = rpc::TlsFiles{"/no.crt", "/no.key", "/no.ca"};
  EXPECT_FALSE(GrpcQueueBackend::check(settings_).ok());
}

}  // namespace
}  // namespace sotto::gateway
