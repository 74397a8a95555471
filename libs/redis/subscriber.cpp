#include "libs/redis/subscriber.hpp"

#include <utility>

#include "libs/redis/reply_error.hpp"

namespace sotto::redis {

Subscriber::Subscriber(const Surroundings& surroundings, Counters& counters, SubscriberOwner& owner,
                       Subscriptions& subscriptions)
    : Link(surroundings, counters), owner_(owner), subscriptions_(subscriptions) {}

Address Subscriber::next_address() {
  return owner_.subscriber_address();
}

void Subscriber::added(const std::string& channel) {
  if (!up()) return open();
  Command("SUBSCRIBE").arg(channel).append_to(output());
  flush();
}

void Subscriber::removed(const std::string& channel) {
  if (!up()) return;
  Command("UNSUBSCRIBE").arg(channel).append_to(output());
  flush();
  confirmed(channel);
}

void Subscriber::confirmed(const std::string& channel) {
  if (restoring_.erase(channel) > 0 && restoring_.empty()) changed();
}

void Subscriber::changed() {
  if (!up() || restored()) new_ = false;
  owner_.on_subscriber_change();
}

void Subscriber::on_up() {
  const auto channels = subscriptions_.channels();
  if (!channels.empty()) {
    Command subscribe("SUBSCRIBE");
    for (const auto& channel : channels) subscribe.arg(channel);
    subscribe.append_to(output());
  }
  restoring_ = {channels.begin(), channels.end()};
  changed();
}

void Subscriber::on_down(const Error& /*error*/, bool /*was_up*/) {
  ping_.reset();
  changed();
}

void Subscriber::send_ping() {
  Command("PING").append_to(output());
  ping_ = std::chrono::steady_clock::now();
}

void Subscriber::on_answer(Reply reply) {
  // While nothing is subscribed to, PING is answered with a status.
  if (reply.kind() == Reply::Kind::status) return ping_.reset();
  if (reply.kind() == Reply::Kind::error) return restart(to_error(reply.text()));
  const auto kind = reply[0].text();
  const std::string channel(reply[1].text());
  if (kind == "message") {
    ++counters().messages;
    subscriptions_.message(channel, reply[2].bytes());
  } else if (kind == "subscribe") {
    subscriptions_.active(channel);
    confirmed(channel);
  } else if (kind == "pong") {
    ping_.reset();
  }
}

}  // namespace sotto::redis
