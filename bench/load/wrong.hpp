// How the load generator says that the server errs: by an exception that ends the run, since a fast wrong server has no
// figure. Any thread.
#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "libs/smp-client/received.hpp"

namespace sotto::bench {

// "the server is wrong: <what>".
[[noreturn]] void wrong(const std::string& what);

// The answer to `command`; throws, saying what came, unless it is a T.
template <class T>
const T& expect(const Result<client::Received>& answer, const char* command);
// OK, or SOK where a command subscribes.
void expect_ok(const Result<client::Received>& answer, const char* command);
void expect_subscribed(const Result<client::Received>& answer, const char* command);

// Throws for another answer than `command` may have.
[[noreturn]] void unexpected_answer(const Result<client::Received>& answer, const char* command);

template <class T>
const T& expect(const Result<client::Received>& answer, const char* command) {
  const T* right = answer ? answer->get<T>() : nullptr;
  if (right == nullptr) unexpected_answer(answer, command);
  return *right;
}

}  // namespace sotto::bench
