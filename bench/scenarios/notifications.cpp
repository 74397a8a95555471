#include "bench/scenarios/notifications.hpp"

#include <deque>
#include <memory>
#include <unordered_map>

#include "bench/load/numbered_body.hpp"
#include "bench/load/queue_maker.hpp"
#include "bench/load/rounds.hpp"
#include "bench/load/stream_check.hpp"
#include "bench/load/wrong.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/body_size.hpp"
#include "bench/scenarios/measurement.hpp"

namespace sotto::bench {
namespace {

using client::Received;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kNotify = "T";
// Messages of a queue that are not notified yet: a server collects notifications for a while (1.5 s, as the reference
// does) and drops those of a notifier that has too many.
constexpr std::size_t kUnnotified = 16;

struct Times {
  Histogram send_to_nmsg;
  Histogram send_to_msg;
};

// A queue whose messages are sent one after the other: the next one when the last one was acknowledged.
class Lane final : public client::ConnectionListener {
 public:
  Lane(ClientPool::Connection sender, ClientPool::Connection recipient, client::QueueHandle queue, std::uint64_t number,
       std::size_t size, Times& times)
      : sender_(std::move(sender)),
        recipient_(std::move(recipient)),
        queue_(std::move(queue)),
        number_(number),
        check_(number, size),
        body_(size),
        times_(times) {
    recipient_->set_listener(this);
  }
  ~Lane() override { recipient_->set_listener(nullptr); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  [[nodiscard]] client::QueueHandle& queue() { return queue_; }

  void run(std::uint64_t messages, Progress& progress) {
    left_ = messages;
    progress_ = &progress;
    next();
  }

  void notified(const smp::Nmsg& nmsg) {
    const auto meta = queue_.notifier->open(nmsg);
    if (!meta) wrong("a notification that does not decrypt");
    if (sent_at_.empty()) wrong("a notification that no message asked for");
    times_.send_to_nmsg.record(Clock::now() - sent_at_.front());
    sent_at_.pop_front();
    notified_ids_.push_back(meta->message_id);
    match();
    progress_->add();
    next();
  }

  void check_complete() const {
    if (const auto fault = check_.at_end(sent_); !fault.empty()) wrong(fault);
    if (!notified_ids_.empty() || !message_ids_.empty()) wrong("a notification without its message");
  }

 private:
  void next() {
    if (left_ == 0 || waiting_ > 0 || sent_at_.size() >= kUnnotified) return;
    --left_;
    waiting_ = 2;  // OK, and the OK of the ACK
    last_sent_at_ = Clock::now();
    sent_at_.push_back(last_sent_at_);
    write_body({number_, sent_++}, body_);
    sender_->submit(queue_.send(body_, kNotify), [this](const Result<Received>& answer) {
      expect_ok(answer, "SEND");
      done_with_one();
    });
  }

  void on_event(Received event) override {
    const auto* msg = event.get<smp::Msg>();
    if (msg == nullptr) wrong("an event that is no MSG");
    const auto message = queue_.open(*msg);
    if (!message || message->is_quota()) wrong("a message that does not decrypt");
    if (const auto fault = check_.take(as_bytes(message->text())); !fault.empty()) wrong(fault);
    times_.send_to_msg.record(Clock::now() - last_sent_at_);
    message_ids_.push_back(to_bytes(message->id.view()));
    match();
    recipient_->submit(queue_.ack(message->id), [this](const Result<Received>& answer) {
      expect_ok(answer, "ACK");
      done_with_one();
    });
  }
  void on_closed(const client::Failure& failure) override { wrong(failure.error.message); }

  void done_with_one() {
    if (--waiting_ == 0) next();
  }

  // Notifications come in the order of their messages, before or after them.
  void match() {
    while (!notified_ids_.empty() && !message_ids_.empty()) {
      if (!equal(notified_ids_.front(), message_ids_.front())) wrong("a notification of another message");
      notified_ids_.pop_front();
      message_ids_.pop_front();
    }
  }

  const ClientPool::Connection sender_;
  const ClientPool::Connection recipient_;
  client::QueueHandle queue_;
  const std::uint64_t number_;
  StreamCheck check_;
  Bytes body_;
  Times& times_;
  Progress* progress_ = nullptr;
  std::uint64_t left_ = 0;
  std::uint64_t sent_ = 0;
  int waiting_ = 0;
  std::deque<Bytes> notified_ids_;  // whose messages did not come yet
  std::deque<Bytes> message_ids_;   // that were not notified yet
  Clock::time_point last_sent_at_;
  std::deque<Clock::time_point> sent_at_;  // of what was not notified yet
};

// The client that listens to all notifiers.
class PushServer final : public client::ConnectionListener {
 public:
  explicit PushServer(ClientPool::Connection connection) : connection_(std::move(connection)) {
    connection_->set_listener(this);
  }
  ~PushServer() override { connection_->set_listener(nullptr); }
  PushServer(const PushServer&) = delete;
  PushServer& operator=(const PushServer&) = delete;

  void listen_to(Lane& lane) { lanes_.emplace(lane.queue().notifier->id, &lane); }

 private:
  void on_event(Received event) override {
    const auto* nmsg = event.get<smp::Nmsg>();
    const auto id = NotifierId::from(event.entity_id);
    const auto lane = id ? lanes_.find(*id) : lanes_.end();
    if (nmsg == nullptr || lane == lanes_.end()) wrong("an event for the notified client that is no NMSG of its own");
    lane->second->notified(*nmsg);
  }
  void on_closed(const client::Failure& failure) override { wrong(failure.error.message); }

  const ClientPool::Connection connection_;
  std::unordered_map<NotifierId, Lane*> lanes_;
};

void add_notifiers(ClientPool& pool, std::vector<client::QueueHandle>& queues, const std::vector<std::size_t>& owners) {
  std::vector<std::unique_ptr<client::NotifierDraft>> drafts(queues.size());
  request_all(
      pool, "notifiers", owners,
      [&](std::size_t i) {
        drafts[i] = std::make_unique<client::NotifierDraft>(crypto::KeyKind::ed25519);
        return drafts[i]->request(queues[i]);
      },
      [&](std::size_t i, const Result<Received>& answer) {
        static_cast<void>(expect<smp::Nid>(answer, "NKEY"));
        auto notifier = drafts[i]->finish(*answer);
        if (!notifier) wrong("NKEY: " + notifier.error().message);
        queues[i].notifier = *std::move(notifier);
      });
}

}  // namespace

void notifications(Report& report, Target& target, const NotificationsOptions& options) {
  check_body_size(options.size, options.version);
  if (options.messages < options.pairs) throw UsageError("--messages must be one for each pair at least");

  ClientPool pool;
  const auto last = target.ways() - 1;
  pool.connect(target.options(0, options.version), options.pairs);
  pool.connect(target.options(last, options.version), options.pairs);
  pool.connect(target.options(last, options.version), 1);
  const auto push = 2 * options.pairs;
  std::vector<std::size_t> senders;
  std::vector<std::size_t> recipients;
  for (std::size_t i = 0; i < options.pairs; ++i) {
    senders.push_back(i);
    recipients.push_back(options.pairs + i);
  }
  client::NewQueue queue;
  queue.password = target.password();
  auto queues = make_queues(pool, recipients, queue);
  secure_queues(pool, queues, senders, recipients, crypto::KeyKind::x25519);
  add_notifiers(pool, queues, recipients);

  Times times;
  std::deque<Lane> lanes;
  PushServer listener(pool.at(push));
  for (std::size_t i = 0; i < options.pairs; ++i) {
    auto& lane =
        lanes.emplace_back(pool.at(senders[i]), pool.at(recipients[i]), std::move(queues[i]), i, options.size, times);
    listener.listen_to(lane);
  }
  request_all(
      pool, "listening", std::vector<std::size_t>(options.pairs, push),
      [&](std::size_t i) { return lanes[i].queue().notifier->nsub(); },
      [](std::size_t /*i*/, const Result<Received>& answer) { expect_subscribed(answer, "NSUB"); });

  if (const auto before = options.warm_up_of(options.messages); before > 0) {
    run_round(pool, lanes, "warm-up", before);
  }
  times = {};
  auto run = begin_record("notifications", target);
  run.parameter("pairs", options.pairs);
  run.parameter("size", options.size);
  run.parameter("version", options.version);
  Measurement measurement(target);
  run_round(pool, lanes, "notifications", options.messages);
  measurement.stop(run, options.messages);
  recipients.push_back(push);
  hear_out(pool, recipients);
  for (const auto& lane : lanes) lane.check_complete();
  run.latencies.push_back(summary("SEND to NMSG", times.send_to_nmsg));
  run.latencies.push_back(summary("SEND to MSG", times.send_to_msg));
  if (options.floor) add_floor(run);
  add_cpu_figures(run, "notified message");
  add_rate_figure(run, "notified messages");
  report.add(std::move(run));
}

}  // namespace sotto::bench
