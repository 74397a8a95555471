#include "libs/rpc/completion_thread.hpp"

#include <mutex>

namespace sotto::rpc {

std::shared_ptr<CompletionThread> CompletionThread::shared() {
  static std::mutex mutex;
  static std::weak_ptr<CompletionThread> known;
  const std::lock_guard lock(mutex);
  auto thread = known.lock();
  if (!thread) {
    thread = std::make_shared<CompletionThread>();
    known = thread;
  }
  return thread;
}

CompletionThread::CompletionThread()
    : thread_([this] {
        void* tag = nullptr;
        bool ok = false;
        while (queue_.Next(&tag, &ok)) static_cast<Completion*>(tag)->done(ok);
      }) {}

CompletionThread::~CompletionThread() {
  queue_.Shutdown();
  thread_.join();
}

}  // namespace sotto::rpc
