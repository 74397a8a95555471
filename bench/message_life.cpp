#include <stdexcept>

#include "bench/client_pool.hpp"
#include "bench/floor.hpp"
#include "bench/process_stats.hpp"
#include "bench/scenarios.hpp"
#include "libs/smp-client/queue_handle.hpp"

namespace sotto::bench {
namespace {

using client::ClientConnection;
using client::Received;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("the server is wrong: ") + what);
}

// A sender and a recipient with one queue, sending one message after the other.
class Pair final : public client::ConnectionListener {
 public:
  Pair(std::shared_ptr<ClientConnection> sender, std::shared_ptr<ClientConnection> recipient, std::size_t& finished)
      : sender_(std::move(sender)), recipient_(std::move(recipient)), finished_(finished), body_(16'000, 'x') {
    recipient_->set_listener(this);
  }
  ~Pair() override { recipient_->set_listener(nullptr); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  // X25519 sender key, Ed25519 recipient key.
  void prepare() {
    draft_ = std::make_unique<client::QueueDraft>(client::NewQueue{});
    recipient_->submit(draft_->request(), [this](Result<Received> reply) {
      auto queue = draft_->finish(*reply);
      require(queue.ok(), "NEW");
      queue_ = std::make_unique<client::QueueHandle>(std::move(*queue));
      queue_->sender_key = crypto::PrivateKey::generate(crypto::KeyKind::x25519);
      sender_->submit(queue_->skey(), [this](Result<Received> answer) {
        require(answer.ok() && answer->is<smp::Ok>(), "SKEY");
        queue_->secured = true;
        ready_ = true;
      });
    });
  }
  [[nodiscard]] bool ready() const { return ready_; }

  void run(std::size_t messages) {
    left_ = messages;
    send();
  }

 private:
  void send() {
    sequence_ += 1;
    const auto text = std::to_string(sequence_);
    std::copy(text.begin(), text.end(), body_.begin());
    body_[text.size()] = ' ';
    sender_->submit(queue_->send(body_),
                    [](Result<Received> reply) { require(reply.ok() && reply->is<smp::Ok>(), "SEND"); });
  }

  void on_event(Received event) override {
    const auto* msg = event.get<smp::Msg>();
    require(msg != nullptr, "an event that is no MSG");
    auto message = queue_->open(*msg);
    require(message.ok() && equal(as_bytes(message->text()), body_), "a message with another body");
    recipient_->submit(queue_->ack(message->id), [this](Result<Received> reply) {
      require(reply.ok() && reply->is<smp::Ok>(), "ACK");
      if (--left_ == 0) {
        ++finished_;
      } else {
        send();
      }
    });
  }
  void on_closed(const client::Failure& failure) override { throw std::runtime_error(failure.error.message); }

  std::shared_ptr<ClientConnection> sender_;
  std::shared_ptr<ClientConnection> recipient_;
  std::size_t& finished_;
  std::unique_ptr<client::QueueDraft> draft_;
  std::unique_ptr<client::QueueHandle> queue_;
  Bytes body_;
  std::size_t sequence_ = 0;
  std::size_t left_ = 0;
  bool ready_ = false;
};

}  // namespace

void message_life(Report& report, Target& target, std::size_t pairs, std::size_t messages) {
  ClientPool pool;
  // Of a platform: what is sent goes from one gateway to the other.
  pool.connect(target.options(0, 18), pairs);
  pool.connect(target.options(target.gateways() - 1, 18), pairs);
  std::size_t finished = 0;
  std::vector<std::unique_ptr<Pair>> all;
  for (std::size_t i = 0; i < pairs; ++i) {
    all.push_back(std::make_unique<Pair>(pool.at(i), pool.at(pairs + i), finished));
    all.back()->prepare();
  }
  pool.run_until([&] {
    for (const auto& pair : all) {
      if (!pair->ready()) return false;
    }
    return true;
  });
  const auto round = [&](std::size_t each) {
    finished = 0;
    for (const auto& pair : all) pair->run(each);
    pool.run_until([&] { return finished == pairs; }, std::chrono::minutes(10));
  };
  round(std::max<std::size_t>(1, messages / pairs / 5));  // warm-up
  const auto before = target.parts();
  const auto begin = std::chrono::steady_clock::now();
  const auto each = std::max<std::size_t>(1, messages / pairs);
  round(each);
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto after = target.parts();
  const auto floor = measure_floor();

  const auto lives = static_cast<double>(each * pairs);
  const auto all_before = sum(before);
  const auto all_after = sum(after);
  const auto user = static_cast<double>((all_after.user - all_before.user).count()) / lives;
  const auto kernel = static_cast<double>((all_after.kernel - all_before.kernel).count()) / lives;
  const auto name = target.prefix() + "life/" + std::to_string(pairs);
  for (const auto& part : floor.parts) {
    report.add({name, part.what + " x" + std::to_string(part.count), part.microseconds, "us CPU each", ""});
  }
  report.add({name, "cryptographic floor", floor.total(), "us CPU", ""});
  report.add({name, "server, user time", user, "us CPU", ""});
  report.add({name, "server, kernel time", kernel, "us CPU", ""});
  report.add({name, "server, all", user + kernel, "us CPU", target.gateways() > 1 ? "<= 600" : ""});
  for (std::size_t i = 0; i < after.size() && after.size() > 1; ++i) {
    const auto cpu = static_cast<double>((after[i].stats.cpu() - before[i].stats.cpu()).count()) / lives;
    report.add({name, "  of it " + after[i].name, cpu, "us CPU", ""});
  }
  report.add({name, "(server - kernel) / floor", user / floor.total(), "x", target.gateways() > 1 ? "" : "<= 1.8"});
  report.add({name, "messages a second (both ends on this machine)", lives / seconds, "1/s", ""});
}

}  // namespace sotto::bench
