#include "libs/rpc/completion_thread.hpp"

namespace sotto::rpc {

CompletionThread::CompletionThread()
    : thread_([this] {
        void* tag = nullptr;
        bool ok = false;
        while (queue_.Next(&tag, &ok)) static_cast<Completion*>(tag)->done(ok);
      }) {}

CompletionThread::~CompletionThread() {
  stop();
}

void CompletionThread::stop() {
  if (!thread_.joinable()) return;
  queue_.Shutdown();
  thread_.join();
}

}  // namespace sotto::rpc
