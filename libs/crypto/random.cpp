#include "libs/crypto/random.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>

#include <openssl/crypto.h>
#include <sodium.h>

#include "libs/base/secret.hpp"

namespace sotto::crypto {
namespace {

// Counts the forks that led to this process: what a parent has drawn in advance is not used again by its child.
std::atomic<std::uint32_t>& forks() {
  static std::atomic<std::uint32_t> count{0};
  return count;
}

// Random bytes drawn in advance, because a system call for each id and nonce costs more than all else that is done with
// them (docs/performance.md). What is handed out is wiped here. One for each thread.
class Drawn {
 public:
  Drawn() = default;
  Drawn(const Drawn&) = delete;
  Drawn& operator=(const Drawn&) = delete;
  ~Drawn() { wipe(bytes_); }

  // Precondition: out.size() <= kSize.
  void take(MutableByteView out) {
    const std::uint32_t now = forks().load(std::memory_order_relaxed);
    if (out.size() > left_ || forks_ != now) {
      randombytes_buf(bytes_.data(), bytes_.size());
      left_ = kSize;
      forks_ = now;
    }
    const MutableByteView taken = MutableByteView(bytes_).subspan(kSize - left_, out.size());
    std::copy(taken.begin(), taken.end(), out.begin());
    wipe(taken);
    left_ -= out.size();
  }

  static constexpr std::size_t kSize = 512;

 private:
  std::array<std::uint8_t, kSize> bytes_{};
  std::size_t left_ = 0;  // at the end
  std::uint32_t forks_ = 0;
};

// Larger requests are for the system: they would throw away what is left.
constexpr std::size_t kLargest = 64;

}  // namespace

void initialise() {
  // When a process exits, threads of gRPC may still be speaking TLS: what OpenSSL has is not taken from under them.
  if (OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) std::abort();
  if (sodium_init() < 0) std::abort();
  static const int watching = pthread_atfork(nullptr, nullptr, [] { forks().fetch_add(1, std::memory_order_relaxed); });
  if (watching != 0) std::abort();
}

void random_bytes(MutableByteView out) {
  if (out.size() > kLargest) {
    randombytes_buf(out.data(), out.size());
  } else if (!out.empty()) {
    thread_local Drawn drawn;
    drawn.take(out);
  }
}

}  // namespace sotto::crypto
