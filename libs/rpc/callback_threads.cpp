#include "libs/rpc/callback_threads.hpp"

#include <grpc/support/cpu.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/byte_buffer.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace sotto::rpc {
namespace {

// How long a thread may take from its start until it has its name.
constexpr std::chrono::seconds kNamed{1};

// A channel takes its share of the threads with the first call that reacts, and keeps it for as long as it lives. The
// call is over before it begins, so nothing is ever connected to.
struct Call {
  explicit Call(std::function<void(grpc::Status)> reaction) {
    context.set_deadline(std::chrono::system_clock::time_point());
    grpc::GenericStub(channel).UnaryCall(&context, "/sotto/none", grpc::StubOptions(), &request, &response,
                                         std::move(reaction));
  }
  std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel("unix:/nonexistent", grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  grpc::Slice nothing;
  grpc::ByteBuffer request{&nothing, 1};
  grpc::ByteBuffer response;
};

// How many there are, by the name that gRPC gives them.
unsigned callback_threads() {
  unsigned out = 0;
  std::error_code none;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (name == "nexting_thread") ++out;
  }
  return out;
}

}  // namespace

void keep_callback_threads() {
  // Never deleted: it must be the last, and the end of a process takes it along. `used`: the leak sanitizer looks for
  // the pointer, which nobody else does.
  [[gnu::used]] static const auto* const kept = new Call([](const grpc::Status&) {});
  static_cast<void>(kept);
}

bool use_one_callback_thread() {
  static std::mutex mutex;
  // Never deleted, as above.
  [[gnu::used]] static auto* const parked = new std::vector<std::unique_ptr<Call>>();
  keep_callback_threads();
  const std::lock_guard lock(mutex);
  if (!parked->empty()) return true;
  // So many does gRPC 1.51 start. When others are there, they stay: one too many costs time, one too few is the end.
  const auto expected = std::clamp(gpr_cpu_num_cores() / 2, 2U, 16U);
  const auto until = std::chrono::steady_clock::now() + kNamed;
  while (callback_threads() != expected) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (parked->size() + 1 < expected) {
    parked->push_back(std::make_unique<Call>([](const grpc::Status&) {
      for (;;) ::pause();
    }));
  }
  return true;
}

}  // namespace sotto::rpc
