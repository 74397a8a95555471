#include "services/queue/domain/settle.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace sotto::queue {
namespace {

using backend::OperationResult;
using backend::Outcome;
using Purpose = AskDirectory::Purpose;
using Answer = std::optional<SessionRef>;

DirectoryRequest request_of(const AskDirectory& ask, SessionRef session) {
  using Kind = DirectoryRequest::Kind;
  // What is subscribed to: the queue, or the service under its own id. Both ids are random.
  const RecipientId key = ask.service ? RecipientId{ask.service->bytes} : ask.queue;
  switch (ask.purpose) {
    case Purpose::subscribe:
      return {Kind::subscribe, key, session};
    case Purpose::resume:
      return {Kind::resume, key, session};
    case Purpose::remove:
    case Purpose::leave:
      // The service still subscribes to its other queues.
      return {ask.service ? Kind::look : Kind::unsubscribe, key, session};
    // A gateway that fetches knows of the subscription. When the directory does not, it has lost it: nobody took it.
    case Purpose::fetch:
      return {Kind::claim, key, session};
    case Purpose::announce:
    case Purpose::next:
    case Purpose::inspect:
    case Purpose::block:
      return {Kind::look, key, session};
  }
  return {};
}

OperationResult answered(Outcome outcome) {
  OperationResult result;
  result.outcome = outcome;
  return result;
}

std::optional<backend::Event> event_for(AskDirectory& ask) {
  switch (ask.purpose) {
    case Purpose::subscribe:
      if (ask.service) return backend::ServiceEnded{.service = *ask.service};
      return backend::Ended{.role = Role::recipient, .id = ask.queue.bytes};
    case Purpose::leave:
      return backend::Ended{.role = Role::recipient, .id = ask.queue.bytes};
    case Purpose::remove:
      return backend::Deleted{.role = Role::recipient, .id = ask.queue.bytes};
    case Purpose::announce:
      return backend::MessageReady{.queue = ask.queue, .message = std::move(ask.message)};
    case Purpose::block:
      return backend::Blocked{.queue = ask.queue, .blocking = std::move(ask.blocking)};
    case Purpose::resume:
    case Purpose::fetch:
    case Purpose::next:
    case Purpose::inspect:
      return std::nullopt;
  }
  return std::nullopt;
}

// What the answer means for the result of the operation.
void complete(OperationResult& result, Purpose purpose, const Answer& answer, SessionRef session) {
  switch (purpose) {
    case Purpose::resume:
    case Purpose::fetch:
      if (answer != session) result = answered(Outcome::refused);
      return;
    case Purpose::next:
      if (answer != session) result.message = nullptr;
      return;
    case Purpose::inspect:
      result.subscribed = answer.has_value();
      return;
    case Purpose::subscribe:
    case Purpose::remove:
    case Purpose::announce:
    case Purpose::block:
    case Purpose::leave:
      return;
  }
}

void complete_without_directory(OperationResult& result, Purpose purpose) {
  if (purpose == Purpose::resume || purpose == Purpose::fetch) result = answered(Outcome::unavailable);
  if (purpose == Purpose::next) result.message = nullptr;
}

std::vector<DirectoryRequest> collect(std::span<const Unsettled> batches) {
  std::vector<DirectoryRequest> requests;
  for (const auto& batch : batches) {
    for (const auto& effect : batch.outcome->effects) {
      if (const auto* ask = std::get_if<AskDirectory>(&effect)) requests.push_back(request_of(*ask, batch.session));
    }
  }
  return requests;
}

// Results of subscriptions that saw no message.
struct SecondLook {
  std::vector<RecipientId> queues;
  std::vector<OperationResult*> results;
};

bool look_again(const SecondLook& look, QueueStore& store) {
  if (look.queues.empty()) return true;
  auto found = store.with_messages(look.queues);
  if (!found) {
    for (auto* result : look.results) *result = answered(Outcome::unavailable);
    return false;
  }
  std::sort(found->begin(), found->end());
  for (std::size_t i = 0; i < look.queues.size(); ++i) {
    if (std::binary_search(found->begin(), found->end(), look.queues[i])) look.results[i]->messages = 1;
  }
  return true;
}

}  // namespace

bool settle(std::span<const Unsettled> batches, SubscriptionDirectory& directory, QueueStore& store) {
  const auto requests = collect(batches);
  if (requests.empty()) return true;
  const auto answers = directory.execute(requests);
  const bool reached = answers.ok() && answers->size() == requests.size();

  SecondLook look;
  std::size_t next = 0;
  for (const auto& batch : batches) {
    auto& outcome = *batch.outcome;
    std::vector<Effect> effects;
    effects.reserve(outcome.effects.size());
    for (auto& effect : outcome.effects) {
      auto* ask = std::get_if<AskDirectory>(&effect);
      if (ask == nullptr) {
        effects.push_back(std::move(effect));
        continue;
      }
      auto& result = outcome.results[ask->result];
      if (!reached) {
        complete_without_directory(result, ask->purpose);
        continue;
      }
      const Answer& answer = (*answers)[next++];
      complete(result, ask->purpose, answer, batch.session);
      const bool tells_itself = ask->purpose == Purpose::announce || ask->purpose == Purpose::block;
      if (answer && (tells_itself || *answer != batch.session)) {
        if (auto event = event_for(*ask)) effects.emplace_back(SendEvent{.to = *answer, .event = std::move(*event)});
      }
      const bool subscribes = ask->purpose == Purpose::subscribe || ask->purpose == Purpose::resume;
      const bool to_queue = ask->queue != RecipientId{};  // the messages of a service's queues are listed later
      if (subscribes && to_queue && !ask->fresh && result.outcome == Outcome::ok && result.messages == 0 &&
          directory.shared()) {
        look.queues.push_back(ask->queue);
        look.results.push_back(&result);
      }
    }
    outcome.effects = std::move(effects);
  }
  return look_again(look, store) && reached;
}

}  // namespace sotto::queue
