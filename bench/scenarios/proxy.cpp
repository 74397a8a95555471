#include "bench/scenarios/proxy.hpp"

#include <deque>
#include <memory>

#include "bench/load/numbered_body.hpp"
#include "bench/load/queue_maker.hpp"
#include "bench/load/rounds.hpp"
#include "bench/load/stream_check.hpp"
#include "bench/load/wrong.hpp"
#include "bench/measure/usage_error.hpp"
#include "bench/scenarios/body_size.hpp"
#include "bench/scenarios/measurement.hpp"
#include "bench/scenarios/ways.hpp"
#include "tests/support/session/relayed_command.hpp"

namespace sotto::bench {
namespace {

using client::Received;
using Clock = std::chrono::steady_clock;

struct Times {
  Histogram send_to_ok;
  Histogram send_to_msg;
};

// Proxy and relay, as one target for the measurement.
class Both final : public Target {
 public:
  Both(Target& proxy, Target& relay) : proxy_(proxy), relay_(relay) {}
  [[nodiscard]] std::string name() const override { return proxy_.name(); }
  [[nodiscard]] std::size_t ways() const override { return proxy_.ways(); }
  [[nodiscard]] client::ConnectOptions options(std::size_t way, smp::Version version) const override {
    return proxy_.options(way, version);
  }
  [[nodiscard]] std::vector<Part> parts() override {
    auto parts = proxy_.parts();
    if (parts.size() == 1) parts.front().name = "proxy";
    for (auto part : relay_.parts()) {
      part.name = "relay";
      parts.push_back(std::move(part));
    }
    return parts;
  }
  [[nodiscard]] std::string front() const override { return proxy_.front(); }
  bool restart() override { return false; }

 private:
  Target& proxy_;
  Target& relay_;
};

// A sender at the proxy and a recipient at the relay, sending one message after the other.
class Lane final : public client::ConnectionListener {
 public:
  Lane(ClientPool::Connection sender, ClientPool::Connection recipient, const test::RelayEnd& relay,
       client::QueueHandle queue, std::uint64_t number, std::size_t size, Times& times)
      : sender_(std::move(sender)),
        recipient_(std::move(recipient)),
        relay_(relay),
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

  void run(std::uint64_t messages, Progress& progress) {
    left_ = messages;
    progress_ = &progress;
    next();
  }

  void check_complete() const {
    if (const auto fault = check_.at_end(sent_); !fault.empty()) wrong(fault);
  }

 private:
  void next() {
    if (left_ == 0) return;
    --left_;
    waiting_ = 2;  // OK of the relay, and that of the ACK
    sent_at_ = Clock::now();
    write_body({number_, sent_++}, body_);
    const auto version = std::min(sender_->version(), relay_.versions.max);
    const auto command = std::make_shared<test::RelayedCommand>(relay_, version, queue_.send(body_));
    sender_->submit({.entity_id = relay_.session_id, .command = command->pfwd(), .corr_id = command->corr_id()},
                    [this, command](const Result<Received>& answer) {
                      const auto& pres = expect<smp::Pres>(answer, "PFWD");
                      expect_ok(command->open(pres.encrypted), "SEND through the proxy");
                      times_.send_to_ok.record(Clock::now() - sent_at_);
                      done_with_one();
                    });
  }

  void on_event(Received event) override {
    const auto* msg = event.get<smp::Msg>();
    if (msg == nullptr) wrong("an event that is no MSG");
    const auto message = queue_.open(*msg);
    if (!message || message->is_quota()) wrong("a message that does not decrypt");
    if (const auto fault = check_.take(as_bytes(message->text())); !fault.empty()) wrong(fault);
    times_.send_to_msg.record(Clock::now() - sent_at_);
    recipient_->submit(queue_.ack(message->id), [this](const Result<Received>& answer) {
      expect_ok(answer, "ACK");
      done_with_one();
    });
  }
  void on_closed(const client::Failure& failure) override { wrong(failure.error.message); }

  void done_with_one() {
    if (--waiting_ > 0) return;
    progress_->add();
    next();
  }

  const ClientPool::Connection sender_;
  const ClientPool::Connection recipient_;
  const test::RelayEnd& relay_;
  client::QueueHandle queue_;
  const std::uint64_t number_;
  StreamCheck check_;
  Bytes body_;
  Times& times_;
  Progress* progress_ = nullptr;
  std::uint64_t left_ = 0;
  std::uint64_t sent_ = 0;
  int waiting_ = 0;
  Clock::time_point sent_at_;
};

// PRXY on each of the first `count` connections: the session with the relay is the asker's own.
std::vector<test::RelayEnd> reach_relay(ClientPool& pool, std::size_t count, const client::ConnectOptions& relay,
                                        const std::optional<SecretString>& password) {
  const auto port = std::to_string(relay.port);
  std::vector<std::string> hosts;
  for (const auto& host : relay.hosts) hosts.push_back(host.name);
  std::vector<std::size_t> senders;
  for (std::size_t i = 0; i < count; ++i) senders.push_back(i);
  std::vector<std::optional<test::RelayEnd>> ends(count);
  request_all(
      pool, "PRXY", senders,
      [&](std::size_t /*i*/) {
        smp::Prxy prxy;
        for (const auto& host : hosts) prxy.hosts.push_back(as_bytes(host));
        prxy.port = as_bytes(port);
        prxy.fingerprint = relay.fingerprint;
        if (password) prxy.password = as_bytes(password->expose());
        return client::Request{.command = std::move(prxy)};
      },
      [&](std::size_t i, const Result<Received>& answer) {
        auto end = test::open_pkey(expect<smp::Pkey>(answer, "PRXY"), relay.fingerprint);
        if (!end) wrong("PRXY: " + end.error().message);
        ends[i] = *std::move(end);
      });
  std::vector<test::RelayEnd> out;
  for (auto& end : ends) out.push_back(*std::move(end));
  return out;
}

std::unique_ptr<Target> relay_of(const ProxyOptions& options) {
  if (options.relay.empty()) return own_server({});
  auto address = smp::parse_address(options.relay);
  if (!address) throw UsageError("--relay: " + address.error().message);
  return given_target({.addresses = {*std::move(address)}, .pids = {}, .programs = {}});
}

}  // namespace

void proxy(Report& report, Target& target, const ProxyOptions& options) {
  check_body_size(options.size, options.version);
  if (options.messages < options.pairs) throw UsageError("--messages must be one for each pair at least");
  if (target.name() == "given" && options.relay.empty()) {
    throw UsageError("--server is the proxy here: --relay must say which other server it shall forward to");
  }
  const auto relay = relay_of(options);
  Both both(target, *relay);

  ClientPool pool;
  connect_evenly(pool, target, options.version, options.pairs);
  pool.connect(relay->options(0, options.version), options.pairs);
  std::vector<std::size_t> recipients;
  for (std::size_t i = 0; i < options.pairs; ++i) recipients.push_back(options.pairs + i);
  client::NewQueue queue;
  queue.password = relay->password();
  auto queues = make_queues(pool, recipients, queue);
  // SKEY would go through the proxy, too; what counts here are messages.
  secure_queues(pool, queues, recipients, recipients, crypto::KeyKind::x25519);
  const auto ends = reach_relay(pool, options.pairs, relay->options(0, options.version), target.password());

  Times times;
  std::deque<Lane> lanes;
  for (std::size_t i = 0; i < options.pairs; ++i) {
    lanes.emplace_back(pool.at(i), pool.at(recipients[i]), ends[i], std::move(queues[i]), i, options.size, times);
  }
  if (const auto before = options.warm_up_of(options.messages); before > 0) {
    run_round(pool, lanes, "warm-up", before);
  }
  times = {};
  auto run = begin_record("proxy", target);
  run.parameter("pairs", options.pairs);
  run.parameter("size", options.size);
  run.parameter("version", options.version);
  Measurement measurement(both);
  run_round(pool, lanes, "proxy", options.messages);
  measurement.stop(run, options.messages);
  hear_out(pool, recipients);
  for (const auto& lane : lanes) lane.check_complete();
  run.latencies.push_back(summary("SEND to OK", times.send_to_ok));
  run.latencies.push_back(summary("SEND to MSG", times.send_to_msg));
  if (options.floor) add_floor(run);
  add_cpu_figures(run, "proxied message");
  add_rate_figure(run, "proxied messages");
  report.add(std::move(run));
}

}  // namespace sotto::bench
