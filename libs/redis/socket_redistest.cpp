// Socket and Client when the name of the server is found late: the look-up outlives the connection that it was for.
#include <dlfcn.h>
#include <netdb.h>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "libs/redis/client_fixture.hpp"
#include "libs/redis/socket.hpp"
#include "tests/support/redis/redis_server.hpp"

namespace {

// What look-ups of this process wait for: open, unless a test holds them.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool held = false;        // guarded by mutex, as all that follows
  std::size_t waiting = 0;  // look-ups that have begun
  std::size_t found = 0;    // since it was held
};

Gate& gate() {
  static Gate instance;
  return instance;
}

}  // namespace

// In front of the one of the C library, which does the work.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs are reserved
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto real = reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  {
    std::unique_lock lock(gate().mutex);
    ++gate().waiting;
    gate().changed.notify_all();
    gate().changed.wait(lock, [] { return !gate().held; });
    --gate().waiting;
  }
  const int failure = real(host, service, hints, result);
  const std::lock_guard lock(gate().mutex);
  if (failure == 0) ++gate().found;
  return failure;
}

namespace sotto::redis {
namespace {

using namespace std::chrono_literals;
using test::RedisServer;
using test::wait_until;

// Look-ups begin and do not end as long as it lives, or until release().
class HeldLookUps {
 public:
  HeldLookUps() {
    const std::lock_guard lock(gate().mutex);
    gate().held = true;
    gate().found = 0;
  }
  ~HeldLookUps() { release(); }
  HeldLookUps(const HeldLookUps&) = delete;
  HeldLookUps& operator=(const HeldLookUps&) = delete;

  void wait_for_one() {
    std::unique_lock lock(gate().mutex);
    gate().changed.wait(lock, [] { return gate().waiting > 0; });
  }
  void release() {
    const std::lock_guard lock(gate().mutex);
    gate().held = false;
    gate().changed.notify_all();
  }
  [[nodiscard]] std::size_t found() const {
    const std::lock_guard lock(gate().mutex);
    return gate().found;
  }
};

// The process ended with SIGSEGV when DNS came back: a name that was found after its connection had been given up was
// connected to, by a socket that nobody kept alive any more.
TEST(RedisSocket, ANameThatIsFoundAfterCloseIsNotConnectedTo) {
  boost::asio::io_context io;
  HeldLookUps held;
  auto socket = std::make_shared<Socket>(io, nullptr);
  const std::weak_ptr<Socket> alive = socket;
  socket->connect({"localhost", 1}, {}, [owner = socket](const Status& /*status*/) { FAIL() << "it was closed"; });
  held.wait_for_one();
  socket->close();
  socket.reset();
  held.release();

  EXPECT_EQ(io.run_one(), 1U);
  EXPECT_EQ(held.found(), 1U);
  ASSERT_TRUE(alive.expired());
  EXPECT_EQ(io.run(), 0U) << "something of a socket runs after it";
}

TEST(RedisSocket, ClientConnectsWhenNamesAreFoundAgain) {
  RedisServer server;
  auto options = server.client_options();
  options.servers = {{"localhost", server.port()}};
  options.connect_timeout = 100ms;
  std::unique_ptr<Client> client;  // its end waits for look-ups
  HeldLookUps held;
  client = start_client(options);
  held.wait_for_one();
  wait_until("an attempt to be given up", [&] { return client->state().error().code == ErrorCode::timeout; });
  EXPECT_FALSE(client->connected());

  held.release();
  EXPECT_TRUE(client->wait_connected(soon()));
  EXPECT_EQ(text(*client, Command("PING")), "PONG");
}

}  // namespace
}  // namespace sotto::redis
