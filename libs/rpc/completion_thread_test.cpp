// Ends of operations are told on the one thread, each once.
#include "libs/rpc/completion_thread.hpp"

#include <grpcpp/alarm.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include <gtest/gtest.h>

namespace sotto::rpc {
namespace {

class Told {
 public:
  void* tag() { return completion_.tag(); }
  bool wait() { return ok_.get_future().get(); }
  [[nodiscard]] std::thread::id thread() const { return thread_; }
  [[nodiscard]] int times() const { return times_; }

 private:
  void done(bool ok) {
    thread_ = std::this_thread::get_id();
    if (++times_ == 1) ok_.set_value(ok);
  }
  MemberCompletion<Told> completion_{*this, &Told::done};
  std::promise<bool> ok_;
  std::thread::id thread_;
  std::atomic<int> times_{0};
};

TEST(CompletionThread, TellsEachEndOnceOnItsOneThread) {
  Told first;
  Told second;
  grpc::Alarm first_alarm;
  grpc::Alarm second_alarm;
  {
    CompletionThread completions;
    const auto now = std::chrono::system_clock::now();
    first_alarm.Set(&completions.queue(), now, first.tag());
    second_alarm.Set(&completions.queue(), now, second.tag());
    EXPECT_TRUE(first.wait());
    EXPECT_TRUE(second.wait());
  }
  EXPECT_EQ(first.thread(), second.thread());
  EXPECT_NE(first.thread(), std::this_thread::get_id());
  EXPECT_EQ(first.times(), 1);
  EXPECT_EQ(second.times(), 1);
}

TEST(CompletionThread, EndsAfterWhatIsUnderWay) {
  Told told;
  grpc::Alarm alarm;
  {
    CompletionThread completions;
    alarm.Set(&completions.queue(), std::chrono::system_clock::now() + std::chrono::hours(1), told.tag());
    alarm.Cancel();
  }
  EXPECT_EQ(told.times(), 1);
  EXPECT_FALSE(told.wait());
}

TEST(CompletionThread, IsSharedByAllWhoHaveIt) {
  auto first = CompletionThread::shared();
  auto second = CompletionThread::shared();
  EXPECT_EQ(first, second);
  const std::weak_ptr<CompletionThread> known = first;
  first.reset();
  EXPECT_FALSE(known.expired());
  second.reset();
  EXPECT_TRUE(known.expired());
  EXPECT_NE(CompletionThread::shared(), nullptr);
}

}  // namespace
}  // namespace sotto::rpc
