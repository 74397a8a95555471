// CompletionThread: a completion queue of gRPC and the one thread that waits on it, for streams with many small frames:
// the thread that finds an event on a socket also reacts to it. (With gRPC's callback API two threads take turns, and
// each event costs a switch from one to the other.)
//
// Owned by whoever begins the operations. Operations are begun by any thread; reactions run on the one thread, one
// after another, and must not wait.
#pragma once

#include <grpcpp/completion_queue.h>

#include <thread>

namespace sotto::rpc {

// The end of one operation. It lives until done() was called, and may be gone when that returns.
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
  CompletionThread();
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;
  // Stops.
  ~CompletionThread();

  [[nodiscard]] grpc::CompletionQueue& queue() { return queue_; }

  // Waits for the operations that are under way. When it returns no reaction runs, and none comes. No operation may be
  // begun from then on. Not from a reaction. Again: harmless.
  void stop();

 private:
  grpc::CompletionQueue queue_;
  std::thread thread_;
};

}  // namespace sotto::rpc
