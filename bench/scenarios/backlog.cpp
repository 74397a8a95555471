#include "bench/scenarios/backlog.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include "bench/load/numbered_body.hpp"
#include "bench/load/queue_maker.hpp"
#include "bench/load/stream_check.hpp"
#include "bench/load/wrong.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/body_size.hpp"
#include "bench/scenarios/measurement.hpp"

namespace sotto::bench {
namespace {

using client::Received;

constexpr std::uint64_t kMost = 10'000;  // messages that a quota may be

// One queue: its sender sends until it is full, its recipient takes all of it.
class FullQueue {
 public:
  FullQueue(client::QueueHandle queue, std::uint64_t number, std::size_t size)
      : queue_(std::move(queue)), number_(number), check_(number, size) {}

  [[nodiscard]] const client::QueueHandle& handle() const { return queue_; }
  [[nodiscard]] std::uint64_t stored() const { return stored_; }

  void fill(client::ClientConnection& sender, Bytes& body, Progress& progress) {
    write_body({number_, stored_}, body);
    sender.submit(queue_.send(body), [this, &sender, &body, &progress](const Result<Received>& answer) {
      const auto* error = answer ? answer->error() : nullptr;
      if (error != nullptr && smp::same(*error, smp::SimpleError::quota)) return progress.add();
      expect_ok(answer, "SEND");
      if (++stored_ > kMost) wrong("a queue that is never full");
      fill(sender, body, progress);
    });
  }

  void drain(client::ClientConnection& recipient, Progress& progress) {
    recipient.submit(queue_.sub(), [this, &recipient, &progress](const Result<Received>& answer) {
      if (const auto* msg = answer ? answer->get<smp::Msg>() : nullptr; msg != nullptr) {
        return take(*msg, recipient, progress);
      }
      expect_subscribed(answer, "SUB");
    });
  }

  void take(const smp::Msg& msg, client::ClientConnection& recipient, Progress& progress) {
    const auto message = queue_.open(msg);
    if (!message) wrong("a message that does not decrypt");
    const bool last = message->is_quota();
    const auto fault = last ? check_.at_end(stored_) : check_.take(as_bytes(message->text()));
    if (!fault.empty()) wrong(fault);
    if (marked_) wrong("a message after the quota marker");
    marked_ = last;
    recipient.submit(queue_.ack(message->id), [this, last, &recipient, &progress](const Result<Received>& answer) {
      const auto* next = answer ? answer->get<smp::Msg>() : nullptr;
      if (next == nullptr) expect_ok(answer, "ACK");
      progress.add();
      if (last && next != nullptr) wrong("a message after the quota marker");
      if (next != nullptr) take(*next, recipient, progress);
    });
  }

 private:
  client::QueueHandle queue_;
  std::uint64_t number_;
  StreamCheck check_;
  std::uint64_t stored_ = 0;
  bool marked_ = false;
};

// The queues of one recipient's connection.
class Recipient final : private client::ConnectionListener {
 public:
  Recipient(ClientPool::Connection connection, Progress& progress)
      : connection_(std::move(connection)), progress_(progress) {
    connection_->set_listener(this);
  }
  ~Recipient() override { connection_->set_listener(nullptr); }
  Recipient(const Recipient&) = delete;
  Recipient& operator=(const Recipient&) = delete;

  void add(FullQueue& queue) {
    queues_.emplace(queue.handle().recipient_id, &queue);
    queue.drain(*connection_, progress_);
  }

 private:
  void on_event(Received event) override {
    const auto* msg = event.get<smp::Msg>();
    const auto id = RecipientId::from(event.entity_id);
    const auto queue = id ? queues_.find(*id) : queues_.end();
    if (msg == nullptr || queue == queues_.end()) wrong("an event that nobody waits for");
    queue->second->take(*msg, *connection_, progress_);
  }
  void on_closed(const client::Failure& failure) override { wrong(failure.error.message); }

  const ClientPool::Connection connection_;
  Progress& progress_;
  std::map<RecipientId, FullQueue*> queues_;
};

class Backlog {
 public:
  Backlog(const Target& target, const BacklogOptions& options)
      : connections_(std::min(options.connections, options.queues)), bodies_(options.queues, Bytes(options.size)) {
    pool_.connect(target.options(0, options.version), connections_);
    pool_.connect(target.options(target.ways() - 1, options.version), connections_);
    std::vector<std::size_t> senders;
    std::vector<std::size_t> recipients;
    for (std::size_t i = 0; i < options.queues; ++i) {
      senders.push_back(i % connections_);
      recipients.push_back(connections_ + i % connections_);
    }
    client::NewQueue queue;
    queue.password = target.password();
    queue.subscribe = false;
    auto queues = make_queues(pool_, recipients, queue);
    secure_queues(pool_, queues, senders, recipients, crypto::KeyKind::x25519);
    for (std::size_t i = 0; i < queues.size(); ++i) queues_.emplace_back(std::move(queues[i]), i, options.size);
  }

  // Messages that were stored.
  std::uint64_t fill() {
    Progress progress("fill", queues_.size());
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      queues_[i].fill(*pool_.at(i % connections_), bodies_[i], progress);
    }
    pool_.run(progress);
    std::uint64_t stored = 0;
    for (const auto& queue : queues_) stored += queue.stored();
    return stored;
  }

  // `messages`: that wait, without the markers.
  void drain(std::uint64_t messages) {
    Progress progress("drain", messages + queues_.size());
    std::vector<std::unique_ptr<Recipient>> recipients;
    for (std::size_t i = 0; i < connections_; ++i) {
      recipients.push_back(std::make_unique<Recipient>(pool_.at(connections_ + i), progress));
    }
    for (std::size_t i = 0; i < queues_.size(); ++i) recipients[i % connections_]->add(queues_[i]);
    pool_.run(progress);
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < connections_; ++i) all.push_back(connections_ + i);
    hear_out(pool_, all);
  }

 private:
  const std::size_t connections_;
  std::vector<Bytes> bodies_;
  ClientPool pool_;
  std::deque<FullQueue> queues_;
};

RunRecord record_of(const Target& target, const BacklogOptions& options, const char* part) {
  auto run = begin_record("backlog", target);
  run.parameter("part", part);
  run.parameter("queues", options.queues);
  run.parameter("connections", options.connections);
  run.parameter("size", options.size);
  run.parameter("version", options.version);
  return run;
}

}  // namespace

void backlog(Report& report, Target& target, const BacklogOptions& options) {
  check_body_size(options.size, options.version);
  auto filled = record_of(target, options, "fill");
  auto drained = record_of(target, options, "drain");
  if (auto before = options; (before.queues = options.warm_up_of(options.queues)) > 0) {
    Backlog warm_up(target, before);
    warm_up.drain(warm_up.fill());
  }
  Backlog backlog(target, options);
  Measurement filling(target);
  const auto messages = backlog.fill();
  filling.stop(filled, messages);
  Measurement draining(target);
  backlog.drain(messages);
  draining.stop(drained, messages);
  for (auto* run : {&filled, &drained}) {
    if (options.floor) add_floor(*run);
    add_cpu_figures(*run, "message");
    add_rate_figure(*run, "messages");
    report.add(std::move(*run));
  }
}

}  // namespace sotto::bench
