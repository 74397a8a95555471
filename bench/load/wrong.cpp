#include "bench/load/wrong.hpp"

#include <stdexcept>

namespace sotto::bench {

void wrong(const std::string& what) {
  throw std::runtime_error("the server is wrong: " + what);
}

void unexpected_answer(const Result<client::Received>& answer, const char* command) {
  wrong(std::string(command) + ": " + (answer ? client::unexpected(*answer).message : answer.error().message));
}

void expect_ok(const Result<client::Received>& answer, const char* command) {
  static_cast<void>(expect<smp::Ok>(answer, command));
}

void expect_subscribed(const Result<client::Received>& answer, const char* command) {
  if (!answer || (!answer->is<smp::Sok>() && !answer->is<smp::Ok>())) unexpected_answer(answer, command);
}

}  // namespace sotto::bench
