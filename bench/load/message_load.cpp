#include "bench/load/message_load.hpp"

#include <boost/asio/steady_timer.hpp>

#include "bench/load/queue_maker.hpp"
#include "bench/load/wrong.hpp"

namespace sotto::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Gives pairs what is due, when it is.
class Schedule {
 public:
  Schedule(ClientPool& pool, std::vector<std::unique_ptr<MessagePair>>& pairs, std::uint64_t messages, double rate)
      : timer_(pool.io()), pairs_(pairs), messages_(messages), between_(1 / rate), begin_(Clock::now()) {
    go_on();
  }

 private:
  [[nodiscard]] Clock::time_point due(std::uint64_t message) const {
    return begin_ + std::chrono::duration_cast<Clock::duration>(between_ * static_cast<double>(message));
  }
  void go_on() {
    const auto now = Clock::now();
    const auto first = next_;
    for (; next_ < messages_ && due(next_) <= now; ++next_) pairs_[next_ % pairs_.size()]->add_due(due(next_));
    for (auto i = first; i < std::min<std::uint64_t>(next_, first + pairs_.size()); ++i) {
      pairs_[i % pairs_.size()]->pump();
    }
    if (next_ == messages_) return;
    timer_.expires_at(due(next_));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) go_on();
    });
  }

  boost::asio::steady_timer timer_;
  std::vector<std::unique_ptr<MessagePair>>& pairs_;
  const std::uint64_t messages_;
  const std::chrono::duration<double> between_;
  const Clock::time_point begin_;
  std::uint64_t next_ = 0;
};

}  // namespace

MessageLoad::MessageLoad(const client::ConnectOptions& senders, const client::ConnectOptions& recipients,
                         const LoadShape& shape)
    : shape_(shape) {
  pool_.connect(senders, shape_.pairs);
  pool_.connect(recipients, shape_.pairs);
  std::vector<std::size_t> from;
  std::vector<std::size_t> to;
  for (std::size_t i = 0; i < shape_.pairs * shape_.queues; ++i) {
    from.push_back(i / shape_.queues);
    to.push_back(shape_.pairs + i / shape_.queues);
  }
  client::NewQueue queue;
  queue.password = shape_.password;
  queue.subscribe = shape_.messages.subscriber;
  queue.key_kind = shape_.recipient_key;
  auto queues = make_queues(pool_, to, queue);
  if (shape_.sender_key) secure_queues(pool_, queues, from, to, *shape_.sender_key);
  for (std::size_t i = 0; i < shape_.pairs; ++i) {
    const auto first = i * shape_.queues;
    std::vector<client::QueueHandle> own;
    for (std::size_t k = 0; k < shape_.queues; ++k) own.push_back(std::move(queues[first + k]));
    pairs_.push_back(std::make_unique<MessagePair>(pool_.at(i), pool_.at(shape_.pairs + i), std::move(own), first,
                                                   shape_.messages, times_));
  }
}

void MessageLoad::count_in(Progress& progress) {
  for (const auto& pair : pairs_) pair->count_in(progress);
}

void MessageLoad::run(const std::string& what, std::uint64_t messages) {
  Progress progress(what, messages);
  count_in(progress);
  const auto each = messages / pairs_.size();
  const auto more = messages % pairs_.size();
  for (std::size_t i = 0; i < pairs_.size(); ++i) pairs_[i]->send(each + (i < more ? 1 : 0));
  pool_.run(progress);
  sent_ += messages;
}

void MessageLoad::run_at(const std::string& what, std::uint64_t messages, double rate) {
  Progress progress(what, messages);
  count_in(progress);
  const Schedule schedule(pool_, pairs_, messages, rate);
  pool_.run(progress);
  sent_ += messages;
}

void MessageLoad::drain() {
  Progress progress("drain", sent_);
  count_in(progress);
  for (const auto& pair : pairs_) pair->drain();
  pool_.run(progress);
}

void MessageLoad::check_complete() {
  std::vector<std::size_t> recipients;
  for (std::size_t i = 0; i < pairs_.size(); ++i) recipients.push_back(shape_.pairs + i);
  hear_out(pool_, recipients);
  for (const auto& pair : pairs_) pair->check_complete();
}

}  // namespace sotto::bench
