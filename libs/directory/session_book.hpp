// SessionBook: which keys the sessions hold that got them through this process, so that they can be let go when a
// session ends. The truth is in Redis: what is here may have been taken over by another process since.
//
// Memory: about 70 bytes a key. One thread at a time.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "libs/backend/queue_backend.hpp"

namespace sotto::directory {

using backend::SessionRef;

template <class IdType>
class SessionBook {
 public:
  void add(SessionRef session, const IdType& id) {
    if (sessions_[session].insert(id).second) ++keys_;
  }
  // Nothing when it was not there.
  void remove(SessionRef session, const IdType& id) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return;
    keys_ -= found->second.erase(id);
    if (found->second.empty()) sessions_.erase(found);
  }
  // All of the session, which are forgotten.
  std::vector<IdType> take(SessionRef session) {
    const auto found = sessions_.find(session);
    if (found == sessions_.end()) return {};
    std::vector<IdType> out(found->second.begin(), found->second.end());
    sessions_.erase(found);
    keys_ -= out.size();
    return out;
  }
  // With at least one key.
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  // Of all sessions.
  [[nodiscard]] std::size_t keys() const { return keys_; }

 private:
  struct SessionHash {
    std::size_t operator()(const SessionRef& session) const noexcept {
      return (session.gateway * 0x9e3779b97f4a7c15U) ^ session.connection;
    }
  };
  std::unordered_map<SessionRef, std::unordered_set<IdType>, SessionHash> sessions_;
  std::size_t keys_ = 0;
};

}  // namespace sotto::directory
