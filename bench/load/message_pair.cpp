#include "bench/load/message_pair.hpp"

#include <algorithm>

#include "bench/load/numbered_body.hpp"
#include "bench/load/queue_maker.hpp"
#include "bench/load/wrong.hpp"

namespace sotto::bench {

using client::Received;

MessagePair::MessagePair(ClientPool::Connection sender, ClientPool::Connection recipient,
                         std::vector<client::QueueHandle> queues, std::uint64_t first, const MessageShape& shape,
                         MessageTimes& times)
    : sender_(std::move(sender)),
      recipient_(std::move(recipient)),
      shape_(shape),
      times_(times),
      bodies_(shape.batch, Bytes(shape.size)),
      room_(shape.window * queues.size()) {
  for (auto& queue : queues) {
    auto& lane = lanes_.emplace_back(std::move(queue), first++, shape_);
    by_id_.emplace(lane.handle.recipient_id, &lane);
  }
  recipient_->set_listener(this);
}

MessagePair::~MessagePair() {
  recipient_->set_listener(nullptr);
}

void MessagePair::send(std::uint64_t messages) {
  left_ += messages;
  pump();
}

void MessagePair::add_due(Time since) {
  lanes_[next_due_].due.push_back(since);
  next_due_ = (next_due_ + 1) % lanes_.size();
  ++due_;
}

void MessagePair::pump() {
  while (left_ > 0) {
    // A closed loop waits until a whole batch may go.
    const auto count = std::min<std::uint64_t>(shape_.batch, left_);
    if (room_ < count) return;
    send_batch(count);
  }
  while (due_ > 0 && room_ > 0) {
    const auto before = due_;
    send_batch(shape_.batch);
    if (due_ == before) return;  // what is due waits for the window of its queue
  }
}

void MessagePair::send_batch(std::size_t count) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<client::Request> requests;
  std::vector<Lane*> senders;
  requests.reserve(count);
  senders.reserve(count);
  for (std::size_t idle = 0; senders.size() < count && idle < lanes_.size();) {
    auto& lane = lanes_[next_lane_];
    next_lane_ = (next_lane_ + 1) % lanes_.size();
    if (!may_send(lane)) {
      ++idle;
      continue;
    }
    idle = 0;
    auto since = now;
    if (left_ > 0) {
      --left_;
    } else {
      since = lane.due.front();
      lane.due.pop_front();
      --due_;
    }
    --room_;
    lane.since[lane.sent % shape_.window] = since;
    auto& body = bodies_[senders.size()];
    write_body({lane.number, lane.sent++}, body);
    requests.push_back(lane.handle.send(body));
    senders.push_back(&lane);
  }
  if (senders.empty()) return;
  sender_->submit(requests, [this, senders = std::move(senders)](std::size_t i, const Result<Received>& answer) {
    on_stored(*senders[i], answer);
  });
}

void MessagePair::on_stored(Lane& lane, const Result<Received>& answer) {
  expect_ok(answer, "SEND");
  times_.send_to_ok.record(std::chrono::steady_clock::now() - lane.since[lane.stored % shape_.window]);
  ++lane.stored;
  settle(lane);
}

void MessagePair::on_message(Lane& lane, const smp::Msg& msg) {
  const auto message = lane.handle.open(msg);
  if (!message) wrong("a message that does not decrypt");
  if (message->is_quota()) wrong("a quota marker in a queue that is not full");
  const auto sequence = lane.check.received();
  if (const auto fault = lane.check.take(as_bytes(message->text())); !fault.empty()) wrong(fault);
  if (sequence >= lane.sent) wrong("a message before it was sent");
  const auto now = std::chrono::steady_clock::now();
  if (!draining_) times_.send_to_msg.record(now - lane.since[sequence % shape_.window]);
  lane.acknowledging = now;
  recipient_->submit(lane.handle.ack(message->id),
                     [this, &lane](const Result<Received>& answer) { on_acknowledged(lane, answer); });
}

void MessagePair::on_acknowledged(Lane& lane, const Result<Received>& answer) {
  // A server may answer with the next message.
  const auto* next = answer ? answer->get<smp::Msg>() : nullptr;
  if (next == nullptr) expect_ok(answer, "ACK");
  times_.ack_to_ok.record(std::chrono::steady_clock::now() - lane.acknowledging);
  ++lane.acknowledged;
  if (draining_) progress_->add();
  settle(lane);
  if (next != nullptr) on_message(lane, *next);
}

void MessagePair::settle(Lane& lane) {
  const auto done = shape_.subscriber ? std::min(lane.stored, lane.acknowledged) : lane.stored;
  if (done == lane.done) return;
  progress_->add(done - lane.done);
  room_ += done - lane.done;
  lane.done = done;
  pump();
}

void MessagePair::drain() {
  draining_ = true;
  for (std::size_t begin = 0; begin < lanes_.size(); begin += kCommandsAtOnce) {
    std::vector<client::Request> requests;
    for (std::size_t i = begin; i < std::min(begin + kCommandsAtOnce, lanes_.size()); ++i) {
      requests.push_back(lanes_[i].handle.sub());
    }
    recipient_->submit(requests, [this, begin](std::size_t i, const Result<Received>& answer) {
      if (const auto* msg = answer ? answer->get<smp::Msg>() : nullptr; msg != nullptr) {
        return on_message(lanes_[begin + i], *msg);
      }
      expect_subscribed(answer, "SUB");
    });
  }
}

void MessagePair::check_complete() const {
  for (const auto& lane : lanes_) {
    if (const auto fault = lane.check.at_end(lane.sent); !fault.empty()) wrong(fault);
  }
}

void MessagePair::on_event(Received event) {
  const auto* msg = event.get<smp::Msg>();
  const auto id = RecipientId::from(event.entity_id);
  const auto lane = id ? by_id_.find(*id) : by_id_.end();
  if (msg == nullptr || lane == by_id_.end()) wrong("an event that nobody waits for");
  on_message(*lane->second, *msg);
}

void MessagePair::on_closed(const client::Failure& failure) {
  wrong(failure.error.message);
}

}  // namespace sotto::bench
