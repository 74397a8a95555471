#include "services/queue/domain/in_process_directory.hpp"

namespace sotto::queue {

void InProcessDirectory::link(Node& node, SessionRef session) {
  auto& owner = *sessions_.try_emplace(session).first;
  node.second = {.session = &owner, .previous = nullptr, .next = owner.second.first};
  if (owner.second.first != nullptr) owner.second.first->second.previous = &node;
  owner.second.first = &node;
}

void InProcessDirectory::unlink(Node& node) {
  const Subscription& entry = node.second;
  if (entry.next != nullptr) entry.next->second.previous = entry.previous;
  if (entry.previous != nullptr) {
    entry.previous->second.next = entry.next;
    return;
  }
  entry.session->second.first = entry.next;
  // By value: the key must not be looked up by a reference into the node that goes.
  if (entry.next == nullptr) sessions_.erase(SessionRef(entry.session->first));
}

std::optional<SessionRef> InProcessDirectory::subscribe(const RecipientId& queue, SessionRef session) {
  const auto [found, added] = subscriptions_.try_emplace(queue);
  if (added) {
    link(*found, session);
    return std::nullopt;
  }
  const SessionRef former = found->second.session->first;
  if (former != session) {
    unlink(*found);
    link(*found, session);
  }
  return former;
}

SessionRef InProcessDirectory::resume(const RecipientId& queue, SessionRef session) {
  const auto now = subscriber_of(queue);
  if (now && now->connection > session.connection) return *now;
  subscribe(queue, session);
  return session;
}

std::optional<SessionRef> InProcessDirectory::unsubscribe(const RecipientId& queue) {
  const auto found = subscriptions_.find(queue);
  if (found == subscriptions_.end()) return std::nullopt;
  const SessionRef former = found->second.session->first;
  unlink(*found);
  subscriptions_.erase(found);
  return former;
}

std::optional<SessionRef> InProcessDirectory::subscriber_of(const RecipientId& queue) const {
  const auto found = subscriptions_.find(queue);
  if (found == subscriptions_.end()) return std::nullopt;
  return found->second.session->first;
}

Result<std::vector<std::optional<SessionRef>>> InProcessDirectory::execute(std::span<const DirectoryRequest> requests) {
  using Kind = DirectoryRequest::Kind;
  std::vector<std::optional<SessionRef>> answers;
  answers.reserve(requests.size());
  for (const auto& request : requests) {
    switch (request.kind) {
      case Kind::subscribe:
        answers.push_back(subscribe(request.queue, request.session));
        break;
      case Kind::resume:
        answers.emplace_back(resume(request.queue, request.session));
        break;
      case Kind::claim:
        if (!subscriber_of(request.queue)) subscribe(request.queue, request.session);
        answers.push_back(subscriber_of(request.queue));
        break;
      case Kind::unsubscribe:
        answers.push_back(unsubscribe(request.queue));
        break;
      case Kind::look:
        answers.push_back(subscriber_of(request.queue));
        break;
    }
  }
  return answers;
}

void InProcessDirectory::end_session(SessionRef session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  for (const Node* node = found->second.first; node != nullptr;) {
    const Node* next = node->second.next;
    subscriptions_.erase(RecipientId(node->first));
    node = next;
  }
  sessions_.erase(found);
}

}  // namespace sotto::queue
