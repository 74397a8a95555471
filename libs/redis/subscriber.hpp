// Subscriber: the connection for channels. It keeps what Redis is subscribed to equal to Subscriptions, also after it
// was made anew.
//
// Threads: the I/O thread only. Made and held by Router.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "libs/redis/link.hpp"
#include "libs/redis/subscriptions.hpp"

namespace sotto::redis {

class SubscriberOwner {
 public:
  virtual ~SubscriberOwner() = default;
  // Any server that can be used. Only asked while there is one.
  virtual Address subscriber_address() = 0;
  // restored() may have changed, or the connection ended.
  virtual void on_subscriber_change() = 0;
};

class Subscriber final : public Link {
 public:
  // Both must outlive it.
  Subscriber(const Surroundings& surroundings, Counters& counters, SubscriberOwner& owner,
             Subscriptions& subscriptions);

  // The channel was added to, or removed from, Subscriptions. The former opens the link.
  void added(const std::string& channel);
  void removed(const std::string& channel);
  // Redis has confirmed all subscriptions that there were when the connection was made.
  [[nodiscard]] bool restored() const { return up() && restoring_.empty(); }
  // It was neither restored nor lost so far.
  [[nodiscard]] bool is_new() const { return new_; }

 protected:
  Address next_address() override;
  void on_up() override;
  void on_down(const Error& error, bool was_up) override;
  void on_answer(Reply reply) override;
  void on_answers_end() override {}
  [[nodiscard]] std::optional<SteadyTime> waits_since() const override { return ping_; }
  void send_ping() override;

 private:
  void confirmed(const std::string& channel);
  void changed();

  SubscriberOwner& owner_;
  Subscriptions& subscriptions_;
  std::set<std::string, std::less<>> restoring_;
  bool new_ = true;
  std::optional<SteadyTime> ping_;  // sent then and not answered
};

}  // namespace sotto::redis
