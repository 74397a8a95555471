// TestBook: a book and its administration over a store in memory, on a clock that stands still.
#pragma once

#include <future>
#include <memory>
#include <string_view>

#include <gtest/gtest.h>

#include "services/auth/domain/password_admin.hpp"
#include "services/auth/domain/test_keys.hpp"
#include "services/auth/storage/memory/memory_password_store.hpp"

namespace sotto::auth {

class TestBook : public testing::Test {
 protected:
  ManualClock clock;
  MemoryPasswordStore store;
  PasswordHasher hasher{test_keys()};
  backend::AttemptLimits limits{{}, clock};
  std::unique_ptr<PasswordBook> book = open_book();
  std::unique_ptr<PasswordAdmin> admin = std::make_unique<PasswordAdmin>(store, *book, hasher, clock);
  const Actor anna{"anna", Role::operator_};

  std::unique_ptr<PasswordBook> open_book() {
    PasswordBook::Options options;
    options.refresh_interval = std::chrono::milliseconds(5);
    auto opened = PasswordBook::open(options, store, hasher, limits, clock);
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
  }
  Made create(const std::string& label) {
    auto made = admin->create(anna, {.label = label}, {});
    if (!made) throw std::runtime_error(made.error().message);
    return *std::move(made);
  }
  static backend::AccessSource source(std::uint8_t number) { return std::array<std::uint8_t, 16>{number}; }
  backend::CheckResult check(std::string_view password, const backend::AccessSource& from = std::nullopt) {
    std::promise<backend::CheckResult> answer;
    book->check(as_bytes(password), from, [&](backend::CheckResult result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
};

}  // namespace sotto::auth
