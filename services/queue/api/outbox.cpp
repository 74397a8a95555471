#include "services/queue/api/outbox.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "libs/contract/events.hpp"
#include "libs/contract/operations.hpp"

namespace sotto::queue {
namespace {

struct Weight {
  std::size_t items = 1;
  std::size_t bytes = 0;
};

Weight weight(const Outbox::Item& item) {
  if (const auto* result = std::get_if<Outbox::Result>(&item)) {
    return {.items = std::max<std::size_t>(result->operations, 1), .bytes = result->bytes};
  }
  if (const auto* event = std::get_if<Outbox::EventTo>(&item)) return {.items = 1, .bytes = event->bytes};
  return {};
}

contract::common::Resume resume_gateway() {
  contract::common::Resume resume;
  resume.set_scope(contract::common::Resume::SCOPE_GATEWAY);
  return resume;
}

}  // namespace

Outbox::Outbox(const QueueServerSettings& settings, QueueServerCounters& counters)
    : settings_(settings), counters_(counters) {}

void Outbox::add(Item item) {
  if (auto* event = std::get_if<EventTo>(&item)) return add_event(std::move(*event));
  if (auto* result = std::get_if<Result>(&item)) {
    for (const auto& each : result->results) result->bytes += contract::body_bytes(each);
    result_bytes_ += result->bytes;
  }
  items_.push_back(std::move(item));
}

void Outbox::add_event(EventTo event) {
  if (!events_lost_ && events_ >= settings_.max_events) drop_events();
  if (events_lost_) {
    ++counters_.events_dropped;
    return;
  }
  event.bytes = contract::body_bytes(event.event);
  if (const auto* notified = std::get_if<backend::Notified>(&event.event))
    event.units += notified->notifications.size();
  if (event_bytes_ + event.bytes > settings_.max_event_bytes) {
    auto* ready = std::get_if<backend::MessageReady>(&event.event);
    if (ready != nullptr && ready->message) {
      ready->message = nullptr;
      event.bytes = 0;
      ++counters_.bodies_dropped;
    }
  }
  events_ += event.units;
  event_bytes_ += event.bytes;
  items_.emplace_back(std::move(event));
}

void Outbox::drop_events() {
  counters_.events_dropped += events_;
  std::erase_if(items_, [](const Item& item) { return std::holds_alternative<EventTo>(item); });
  events_ = 0;
  event_bytes_ = 0;
  events_lost_ = true;
}

std::vector<Outbox::Item> Outbox::take() {
  std::vector<Item> taken;
  Weight all{.items = 0};
  while (!items_.empty()) {
    const Weight next = weight(items_.front());
    if (!taken.empty() &&
        (all.items + next.items > settings_.max_frame_items || all.bytes + next.bytes > settings_.max_frame_bytes)) {
      break;
    }
    all.items += next.items;
    all.bytes += next.bytes;
    if (std::holds_alternative<Result>(items_.front())) result_bytes_ -= next.bytes;
    if (const auto* event = std::get_if<EventTo>(&items_.front())) {
      events_ -= event->units;
      event_bytes_ -= event->bytes;
      ++counters_.events_sent;
    }
    taken.push_back(std::move(items_.front()));
    items_.pop_front();
  }
  if (std::exchange(events_lost_, false)) taken.emplace_back(resume_gateway());
  counters_.resumes_sent += static_cast<std::uint64_t>(std::count_if(taken.begin(), taken.end(), [](const Item& item) {
    return std::holds_alternative<contract::common::Resume>(item);
  }));
  return taken;
}

void to_proto(const std::vector<Outbox::Item>& items, v1::ServiceFrame& out) {
  out.mutable_items()->Reserve(static_cast<int>(items.size()));
  for (const auto& item : items) {
    auto& to = *out.add_items();
    std::visit(
        [&](const auto& what) {
          using Kind = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<Kind, Outbox::Result>) {
            auto& result = *to.mutable_result();
            result.set_number(what.number);
            for (const auto& each : what.results) contract::to_proto(each, *result.add_results());
          } else if constexpr (std::is_same_v<Kind, Outbox::EventTo>) {
            auto& event = *to.mutable_event();
            contract::to_proto(what.connection, what.event, event);
            event.set_relayed(what.relayed);
          } else if constexpr (std::is_same_v<Kind, contract::common::Resume>) {
            *to.mutable_resume() = what;
          } else if constexpr (std::is_same_v<Kind, Outbox::Welcome>) {
            to.mutable_welcome()->set_name(what.name);
          } else {
            static_assert(std::is_same_v<Kind, Outbox::Leaving>);
            to.mutable_leaving();
          }
        },
        item);
  }
}

}  // namespace sotto::queue
