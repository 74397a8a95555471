// WatchStream: the Watch call of one gateway. Writes the newest state of the hub, one message at a time, whenever it is
// another than the last one that was written.
//
// Lives from the call to OnDone(), and as long as somebody holds it. Reactions (On…) come from threads of gRPC.
// Whatever is started on the call is started by one thread at a time, in drive(), and never with the lock held.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <sotto/auth/v1/auth.pb.h>

#include <memory>
#include <mutex>
#include <optional>

#include "services/auth/rpc/watch_hub.hpp"

namespace sotto::auth {

class WatchStream final : public grpc::ServerWriteReactor<v1::WatchResponse>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  static std::shared_ptr<WatchStream> begin(std::shared_ptr<WatchHub> hub, grpc::CallbackServerContext& context);

  // Writes what is new, as soon as the last write is done.
  void drive();
  // Ends the call with `status` as soon as nothing is being written.
  void end(const grpc::Status& status);
  // Breaks the call: for a gateway that does not even take the end.
  void cancel();

 private:
  WatchStream(std::shared_ptr<WatchHub> hub, grpc::CallbackServerContext& context)
      : hub_(std::move(hub)), context_(context) {}

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  const std::shared_ptr<WatchHub> hub_;
  grpc::CallbackServerContext& context_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<WatchStream> self_;              // until OnDone()
  std::shared_ptr<const v1::WatchResponse> last_;  // that was written, or is being written
  std::optional<grpc::Status> end_;
  bool writing_ = false;
  bool finished_ = false;  // Finish() is or will be called
  bool driving_ = false;
  bool drive_again_ = false;
};

}  // namespace sotto::auth
