// WatchHub: brings the state that an AccessAuthority tells to any number of Watch streams. It keeps the newest state
// only, as one message that all streams write: a gateway that reads slowly misses states between, never the last.
//
// Owned by the AuthService and by each stream. Any thread. No stream is called with the lock held; streams ask for the
// newest state with their own lock held.
#pragma once

#include <sotto/auth/v1/auth.pb.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/backend/access_authority.hpp"

namespace sotto::auth {

class WatchStream;

class WatchHub final : public backend::AccessStateSink {
 public:
  explicit WatchHub(std::size_t max_streams) : max_streams_(max_streams) {}

  // A stream begins and is over. False: the service stops, or there are too many.
  bool opened(const std::shared_ptr<WatchStream>& stream);
  void closed(WatchStream& stream);
  // A null pointer: not known.
  [[nodiscard]] std::shared_ptr<const v1::WatchResponse> newest() const;
  [[nodiscard]] std::size_t streams() const;
  [[nodiscard]] bool stopped() const;

  // AccessStateSink
  void update(const backend::AccessState& state) override;
  // All streams end, for their gateways must not rely on what they heard.
  void lost() override;

  // Ends all streams, and waits until they are over. From then on none begins. Again: harmless.
  void stop();

 private:
  [[nodiscard]] std::vector<std::shared_ptr<WatchStream>> all() const;

  const std::size_t max_streams_;
  mutable std::mutex mutex_;
  std::condition_variable all_closed_;
  // Guarded by mutex_.
  std::shared_ptr<const v1::WatchResponse> newest_;
  std::unordered_map<WatchStream*, std::shared_ptr<WatchStream>> open_;
  bool stopping_ = false;
};

}  // namespace sotto::auth
