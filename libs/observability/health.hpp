// Health: whether this process can do its work now, as a list of named checks. What /readyz says (exposer.hpp): a
// process that is not ready gets no new clients, and is not restarted for it.
//
// Owned by the program; synchronises itself, any thread. Checks are called on the thread that asks, one at a time, so
// they must not wait: they say what somebody noticed last.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace sotto {

class Health {
 public:
  // ok, or why not, for people. The text is shown to whoever can reach the port: no address of a store, no secret.
  using Check = std::function<Status()>;

  // `name`: one word. The check must be callable until drain(), and must not call this object.
  void add(std::string name, Check check);
  // From here on the process is not ready, whatever the checks would say. When it returns, no check is running and none
  // will be asked again.
  void drain();

  struct Line {
    std::string name;
    bool ok = false;
    std::string reason;  // empty when ok
  };
  // In the order of add(); while draining the one line `drain`.
  [[nodiscard]] std::vector<Line> lines() const;
  // All checks are ok, and the process is not draining.
  [[nodiscard]] bool ready() const;

 private:
  struct Named {
    std::string name;
    Check check;
  };
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Named> checks_;
  bool draining_ = false;
};

}  // namespace sotto
