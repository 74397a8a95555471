#include "bench/scenarios/mixed.hpp"

#include <deque>
#include <memory>
#include <random>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "bench/load/numbered_body.hpp"
#include "bench/load/queue_maker.hpp"
#include "bench/load/stream_check.hpp"
#include "bench/load/wrong.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/measurement.hpp"
#include "bench/scenarios/ways.hpp"
#include "libs/smp-client/connector.hpp"

namespace sotto::bench {
namespace {

using client::Received;
using Clock = std::chrono::steady_clock;

// As apps send them: padded to this whatever is in them.
constexpr std::size_t kSize = 16'000;
constexpr std::size_t kBurstQueues = 8;
constexpr std::size_t kBurstMessages = 4;  // to each

struct Times {
  Histogram send_to_ok;
  Histogram send_to_msg;  // to members who are connected or come back
  Histogram back;         // from the end of a connection until all subscriptions stand again

  void clear() {
    for (auto* each : {&send_to_ok, &send_to_msg, &back}) each->clear();
  }
};

struct Lane {
  Lane(client::QueueHandle queue, std::uint64_t its_number)
      : handle(std::move(queue)), check(its_number, kSize), number(its_number) {}
  client::QueueHandle handle;
  StreamCheck check;
  std::uint64_t number;
  std::uint64_t sent = 0;
  std::deque<Clock::time_point> since{};  // of messages that were sent and did not come yet
};

// One person: sends over queues of others, receives from queues of its own, on one connection at a time.
class Member final : public client::ConnectionListener {
 public:
  Member(boost::asio::io_context& io, std::shared_ptr<const client::ConnectOptions> options,
         ClientPool::Connection connection, Times& times, Progress& progress)
      : io_(io), options_(std::move(options)), connection_(std::move(connection)), times_(times), progress_(progress) {
    connection_->set_listener(this);
  }
  ~Member() override {
    if (connector_) connector_->cancel();
    if (connection_) {
      connection_->set_listener(nullptr);
      connection_->close();
    }
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  void receive_from(Lane& lane) { own_.emplace(lane.handle.recipient_id, &lane); }

  // Messages to these queues in one go; they wait when it is away.
  void send(const std::vector<Lane*>& to) {
    waiting_.insert(waiting_.end(), to.begin(), to.end());
    if (connection_ && !leaving_) send_waiting();
  }

  // Loses its connection as soon as nothing of its own is unanswered (a client that knows no answer has to ask again,
  // which another scenario would have to check), and comes back.
  void reconnect() {
    if (leaving_ || !connection_) return;
    leaving_ = true;
    leave_if_quiet();
  }

  [[nodiscard]] bool quiet() const {
    return connection_ && !leaving_ && under_way_ == 0 && waiting_.empty() && !subscribing_;
  }

 private:
  void send_waiting() {
    if (waiting_.empty()) return;
    const auto now = Clock::now();
    std::vector<Bytes> bodies(waiting_.size(), Bytes(kSize));
    std::vector<client::Request> requests;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      auto& lane = *waiting_[i];
      write_body({lane.number, lane.sent++}, bodies[i]);
      lane.since.push_back(now);
      requests.push_back(lane.handle.send(bodies[i]));
    }
    under_way_ += requests.size();
    waiting_.clear();
    connection_->submit(requests, [this, now](std::size_t /*i*/, const Result<Received>& answer) {
      expect_ok(answer, "SEND");
      times_.send_to_ok.record(Clock::now() - now);
      answered();
    });
  }

  void on_event(Received event) override {
    const auto* msg = event.get<smp::Msg>();
    const auto id = RecipientId::from(event.entity_id);
    const auto found = id ? own_.find(*id) : own_.end();
    if (msg == nullptr || found == own_.end()) wrong("an event that is no MSG of an own queue");
    take(*found->second, *msg);
  }
  void on_closed(const client::Failure& failure) override { wrong(failure.error.message); }

  void take(Lane& lane, const smp::Msg& msg) {
    const auto message = lane.handle.open(msg);
    if (!message || message->is_quota()) wrong("a message that does not decrypt");
    // A member that leaves has acknowledged all that it read: nothing may come twice.
    if (const auto fault = lane.check.take(as_bytes(message->text())); !fault.empty()) wrong(fault);
    if (lane.since.empty()) wrong("a message before it was sent");
    times_.send_to_msg.record(Clock::now() - lane.since.front());
    lane.since.pop_front();
    ++under_way_;
    connection_->submit(lane.handle.ack(message->id), [this, &lane](const Result<Received>& answer) {
      const auto* next = answer ? answer->get<smp::Msg>() : nullptr;
      if (next == nullptr) expect_ok(answer, "ACK");
      progress_.add();
      if (next != nullptr) take(lane, *next);
      answered();
    });
  }

  void answered() {
    --under_way_;
    leave_if_quiet();
  }

  void leave_if_quiet() {
    if (!leaving_ || under_way_ > 0 || subscribing_ || !connection_) return;
    left_at_ = Clock::now();
    connection_->set_listener(nullptr);
    connection_->close();
    connection_.reset();
    // Not from within a reaction of the connection that ends.
    boost::asio::post(io_, [this, alive = std::weak_ptr<const bool>(alive_)] {
      if (alive.expired()) return;
      connector_ = client::Connector::start(io_.get_executor(), options_,
                                            [this](client::ConnectOutcome outcome) { back(outcome); });
    });
  }

  void back(client::ConnectOutcome& outcome) {
    if (const auto* failed = std::get_if<client::Failure>(&outcome))
      wrong("cannot come back: " + failed->error.message);
    connection_ = std::get<ClientPool::Connection>(std::move(outcome));
    connector_.reset();
    connection_->set_listener(this);
    leaving_ = false;
    subscribing_ = true;
    std::vector<client::Request> requests;
    std::vector<Lane*> lanes;
    for (const auto& [id, lane] : own_) {
      requests.push_back(lane->handle.sub());
      lanes.push_back(lane);
    }
    subscriptions_left_ = requests.size();
    connection_->submit(requests, [this, lanes = std::move(lanes)](std::size_t i, const Result<Received>& answer) {
      // A server may answer with the message that waits.
      const auto* msg = answer ? answer->get<smp::Msg>() : nullptr;
      if (msg == nullptr) expect_subscribed(answer, "SUB");
      if (--subscriptions_left_ == 0) {
        subscribing_ = false;
        times_.back.record(Clock::now() - left_at_);
      }
      if (msg != nullptr) take(*lanes[i], *msg);
      leave_if_quiet();
    });
    send_waiting();
  }

  boost::asio::io_context& io_;
  const std::shared_ptr<const client::ConnectOptions> options_;
  ClientPool::Connection connection_;             // a null pointer: it is away
  std::shared_ptr<client::Connector> connector_;  // while it comes back
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  Times& times_;
  Progress& progress_;
  std::unordered_map<RecipientId, Lane*> own_;
  std::vector<Lane*> waiting_;  // a message to each
  std::size_t under_way_ = 0;   // commands without an answer, besides SUBs
  std::size_t subscriptions_left_ = 0;
  bool leaving_ = false;
  bool subscribing_ = false;
  Clock::time_point left_at_;
};

// What happens, and when.
class Day {
 public:
  // `contacts`: queues that each member sends to. All must outlive this.
  Day(const MixedOptions& options, std::chrono::milliseconds length, ClientPool& pool, std::deque<Member>& members,
      const std::vector<std::vector<Lane*>>& contacts)
      : options_(options),
        members_(members),
        contacts_(contacts),
        timer_(pool.io()),
        random_(options.seed),
        end_(Clock::now() + length) {
    plan();
  }

  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t reconnects() const { return reconnects_; }

 private:
  void plan() {
    const double events = options_.rate + options_.bursts + options_.reconnects;
    next_ += std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::exponential_distribution<>(events)(random_)));
    if (next_ >= end_) {
      over_ = true;
      return;
    }
    timer_.expires_at(next_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      happen();
      plan();
    });
  }

  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }

  void happen() {
    const auto who = draw(members_.size());
    const auto& contacts = contacts_[who];
    const double what =
        std::uniform_real_distribution<>(0, options_.rate + options_.bursts + options_.reconnects)(random_);
    if (what < options_.rate) {
      send(who, {contacts[draw(contacts.size())]});
    } else if (what < options_.rate + options_.bursts) {
      std::vector<Lane*> to;
      for (std::size_t i = 0; i < kBurstQueues; ++i) {
        auto* const lane = contacts[draw(contacts.size())];
        to.insert(to.end(), kBurstMessages, lane);
      }
      send(who, to);
    } else {
      ++reconnects_;
      members_[who].reconnect();
    }
  }

  void send(std::size_t who, const std::vector<Lane*>& to) {
    sent_ += to.size();
    members_[who].send(to);
  }

  const MixedOptions& options_;
  std::deque<Member>& members_;
  const std::vector<std::vector<Lane*>>& contacts_;
  boost::asio::steady_timer timer_;
  std::mt19937_64 random_;
  const Clock::time_point end_;
  Clock::time_point next_ = Clock::now();
  std::uint64_t sent_ = 0;
  std::uint64_t reconnects_ = 0;
  bool over_ = false;
};

std::shared_ptr<const client::ConnectOptions> way_back(const Target& target, std::size_t way, smp::Version version) {
  auto options = std::make_shared<client::ConnectOptions>(target.options(way, version));
  auto tls = client::make_tls(*options);
  if (!tls) throw std::runtime_error(tls.error().message);
  options->tls = *std::move(tls);
  options->keep_hello = false;
  options->timeout = ClientPool::kPatience;
  options->versions.min = options->versions.max;
  return options;
}

}  // namespace

void mixed(Report& report, Target& target, const MixedOptions& options) {
  if (options.members < 2) throw UsageError("--members must be two at least: they talk to each other");
  ClientPool pool;
  const auto ways = connect_evenly(pool, target, options.version, options.members);
  // Queue k of a member is for the one k + 1 places further.
  std::vector<std::size_t> recipients;
  std::vector<std::size_t> senders;
  for (std::size_t i = 0; i < options.members; ++i) {
    for (std::size_t k = 0; k < options.queues; ++k) {
      recipients.push_back(i);
      senders.push_back((i + 1 + k % (options.members - 1)) % options.members);
    }
  }
  client::NewQueue queue;
  queue.password = target.password();
  auto queues = make_queues(pool, recipients, queue);
  secure_queues(pool, queues, senders, recipients, crypto::KeyKind::x25519);

  std::vector<std::shared_ptr<const client::ConnectOptions>> back;
  for (std::size_t way = 0; way < target.ways(); ++way) back.push_back(way_back(target, way, options.version));
  Times times;
  std::deque<Lane> lanes;
  for (auto& each : queues) lanes.emplace_back(std::move(each), lanes.size());
  const auto expected = options.rate + options.bursts * kBurstQueues * kBurstMessages;
  const auto expected_in_all = expected * static_cast<double>(options.seconds) * (1 + options.warm_up / 100.0);
  Progress progress("mixed", static_cast<std::uint64_t>(expected_in_all));
  std::deque<Member> members;
  for (std::size_t i = 0; i < options.members; ++i) {
    members.emplace_back(pool.io(), back[ways[i]], pool.at(i), times, progress);
  }
  std::vector<std::vector<Lane*>> contacts(options.members);
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    members[recipients[i]].receive_from(lanes[i]);
    contacts[senders[i]].push_back(&lanes[i]);
  }

  auto run = begin_record("mixed", target);
  run.parameter("members", options.members);
  run.parameter("queues", options.queues);
  run.parameter("seconds", options.seconds);
  run.parameter("seed", options.seed);
  run.parameter("version", options.version);
  const auto all_quiet = [&] {
    return std::all_of(members.begin(), members.end(), [](const Member& member) { return member.quiet(); });
  };
  std::uint64_t sent = 0;
  const auto live = [&](std::chrono::milliseconds length) {
    Day day(options, length, pool, members, contacts);
    pool.run_until([&] { return day.over() && progress.done() == sent + day.sent() && all_quiet(); }, progress);
    sent += day.sent();
    return day.sent();
  };
  const std::chrono::milliseconds length = std::chrono::seconds(options.seconds);
  live(std::chrono::milliseconds(options.warm_up_of(static_cast<std::uint64_t>(length.count()))));
  times.clear();
  Measurement measurement(target);
  const auto messages = live(length);
  measurement.stop(run, messages);
  for (const auto& lane : lanes) {
    if (const auto fault = lane.check.at_end(lane.sent); !fault.empty()) wrong(fault);
  }
  run.latencies.push_back(summary("SEND to OK", times.send_to_ok));
  run.latencies.push_back(summary("SEND to MSG", times.send_to_msg));
  run.latencies.push_back(summary("back with all subscriptions", times.back));
  if (options.floor) add_floor(run);
  add_cpu_figures(run, "message, all else included");
  if (!run.processes.empty()) {
    run.figures.push_back({"load of the server", cpu_of(run) / run.seconds / 1e4, "% of a core"});
  }
  run.figures.push_back({"messages", static_cast<double>(messages), ""});
  run.figures.push_back({"reconnects", static_cast<double>(times.back.count()), ""});
  report.add(std::move(run));
}

}  // namespace sotto::bench
