// ServiceStream: one Attach stream to the notification service, from the attempt to its end. Writes Hello, then one
// frame at a time of what its owner has.
//
// Lives from start() to OnDone(), and as long as somebody holds it. Reactions (On…) come from threads of gRPC. Whatever
// is started on the call is started by one thread at a time, in drive(), and never with the lock held.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>
#include <sotto/notification/v1/notification.grpc.pb.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace sotto::notification {

class ServiceStream final : public grpc::ClientBidiReactor<v1::ClientFrame, v1::ServiceFrame>,
                            public std::enable_shared_from_this<ServiceStream> {
 public:
  struct Owner {
    // The next frame; false: there is none now. Not asked again before written().
    std::function<bool(v1::ClientFrame& frame)> fill;
    // The last frame has left.
    std::function<void()> written;
    std::function<void(const v1::ServiceFrame& frame)> took;
    // The last that is heard of the stream, which is handed over. The owner must outlive this call.
    std::function<void(std::shared_ptr<ServiceStream> stream, const grpc::Status& status)> ended;
  };

  // `stub` is kept until the end.
  ServiceStream(const Owner& owner, std::shared_ptr<v1::NotificationService::Stub> stub)
      : owner_(owner), stub_(std::move(stub)) {}
  void start(const v1::Hello& hello);
  // Something may wait: it is written as soon as nothing else is.
  void drive();
  // Says nothing more, once what is being written has left.
  void half_close();
  // Ends it at once.
  void cancel() { context_.TryCancel(); }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  enum class Step : std::uint8_t { nothing, hello, fill, half_close, release };
  // Locked. What may be started now.
  Step next_step();

  const Owner& owner_;
  const std::shared_ptr<v1::NotificationService::Stub> stub_;
  grpc::ClientContext context_;
  v1::ServiceFrame read_frame_;
  v1::ClientFrame write_frame_;
  std::shared_ptr<ServiceStream> self_;  // until OnDone()

  std::mutex mutex_;
  // Guarded by mutex_.
  bool hello_sent_ = false;
  bool something_waits_ = false;
  bool writing_ = false;
  bool owners_frame_ = false;  // what is written came from the owner
  bool half_close_asked_ = false;
  bool half_closed_ = false;
  bool over_ = false;      // nothing comes any more
  bool released_ = false;  // nothing is started any more
  bool driving_ = false;
};

}  // namespace sotto::notification
