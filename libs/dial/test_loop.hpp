// TestLoop: an io_context that a test runs on its own thread, for as long as it waits for something.
#pragma once

#include <chrono>

#include <boost/asio/io_context.hpp>

namespace sotto::dial {

class TestLoop {
 public:
  // Far more than anything here takes.
  static constexpr std::chrono::seconds kPatience{20};

  boost::asio::io_context io{1};

  // Runs until it holds. False when that takes too long.
  template <class Condition>
  [[nodiscard]] bool run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io.restart();
      // The condition may be of another thread, which wakes nobody here.
      io.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
  }

  // Runs until nothing is under way any more: no socket waits, no timer runs. False when that takes too long.
  [[nodiscard]] bool drains() {
    io.restart();
    io.run_for(kPatience);
    return io.stopped();
  }
};

}  // namespace sotto::dial
