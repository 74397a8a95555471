// InProcessDirectory: the SubscriptionDirectory of one process, for standalone.
//
// Memory: 76 bytes a subscription (glibc, a million subscriptions of 14 000 sessions, everything included): one node of
// 64 bytes is in the hash map and in the list of its session at once, the rest is the hash map's table.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "services/queue/domain/subscription_directory.hpp"

namespace sotto::queue {

class InProcessDirectory final : public SubscriptionDirectory {
 public:
  InProcessDirectory() = default;
  InProcessDirectory(const InProcessDirectory&) = delete;
  InProcessDirectory& operator=(const InProcessDirectory&) = delete;

  // Never fails.
  Result<std::vector<std::optional<SessionRef>>> execute(std::span<const DirectoryRequest> requests) override;
  [[nodiscard]] bool shared() const override { return false; }

  // The requests, one by one.
  std::optional<SessionRef> subscribe(const RecipientId& queue, SessionRef session);
  SessionRef resume(const RecipientId& queue, SessionRef session);
  std::optional<SessionRef> unsubscribe(const RecipientId& queue);
  [[nodiscard]] std::optional<SessionRef> subscriber_of(const RecipientId& queue) const;
  // Costs as much as the session has subscriptions.
  void end_session(SessionRef session) override;

  [[nodiscard]] std::size_t subscriptions() const { return subscriptions_.size(); }
  // Sessions with at least one subscription.
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }

 private:
  struct SessionHash {
    std::size_t operator()(const SessionRef& session) const noexcept {
      return (session.gateway * 0x9e3779b97f4a7c15U) ^ session.connection;
    }
  };
  struct Subscription;
  // Nodes of an unordered_map never move, so lists may run through them.
  using Node = std::pair<const RecipientId, Subscription>;
  struct Session {
    Node* first = nullptr;
  };
  using Sessions = std::unordered_map<SessionRef, Session, SessionHash>;
  struct Subscription {
    Sessions::value_type* session = nullptr;
    Node* previous = nullptr;
    Node* next = nullptr;
  };

  void link(Node& node, SessionRef session);
  // Forgets the session when it was its last one.
  void unlink(Node& node);

  std::unordered_map<RecipientId, Subscription> subscriptions_;
  Sessions sessions_;
};

}  // namespace sotto::queue
