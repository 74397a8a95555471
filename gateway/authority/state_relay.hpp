// StateRelay: brings what the stream says to the one who watches, in order, and to a new one what is known. Owned by
// GrpcAccessAuthority. Any thread; the sink is called with the lock held, so that watch() waits for that.
#pragma once

#include <mutex>
#include <optional>

#include "libs/backend/access_authority.hpp"

namespace sotto::gateway {

class StateRelay {
 public:
  // When it returns the former sink is not called any more.
  void watch(backend::AccessStateSink* sink);
  void update(backend::AccessState state);
  // Nothing is known any more. Without a state before: nothing happens.
  void lost();
  [[nodiscard]] bool known() const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  backend::AccessStateSink* sink_ = nullptr;
  std::optional<backend::AccessState> state_;
};

}  // namespace sotto::gateway
