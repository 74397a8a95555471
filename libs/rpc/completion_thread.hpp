// CompletionThread: a completion queue of gRPC and the one thread that waits on it, for streams with many small frames:
// the thread that finds an event on a socket also reacts to it.
//
// gRPC lets one thread of a process wait for all sockets. Where several would, each hands that over with every event: a
// switch of threads for each. The threads of gRPC's callback API are at least two. So a program gains only when all its
// calls use the one CompletionThread, and their channels are made without callbacks (ChannelSettings::callbacks).
//
// Operations are begun by any thread; reactions run on the one thread, one after another, and must not wait.
#pragma once

#include <grpcpp/completion_queue.h>

#include <memory>
#include <thread>

namespace sotto::rpc {

// The end of one operation. It lives until done() is called, and may be gone when that returns.
class Completion {
 public:
  virtual void done(bool ok) = 0;
  // What the operation is begun with.
  [[nodiscard]] void* tag() { return this; }

 protected:
  ~Completion() = default;
};

// Calls a member of its owner.
template <class Owner>
class MemberCompletion final : public Completion {
 public:
  MemberCompletion(Owner& owner, void (Owner::*member)(bool ok)) : owner_(owner), member_(member) {}
  void done(bool ok) override { (owner_.*member_)(ok); }

 private:
  Owner& owner_;
  void (Owner::*const member_)(bool ok);
};

class CompletionThread {
 public:
  // That of the process: made when nobody has it, ended when nobody has it any more. Any thread.
  static std::shared_ptr<CompletionThread> shared();

  CompletionThread();
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  // Waits for the operations that are under way: afterwards no reaction runs. Not from a reaction.
  ~CompletionThread();

  [[nodiscard]] grpc::CompletionQueue& queue() { return queue_; }

 private:
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

}  // namespace sotto::rpc
