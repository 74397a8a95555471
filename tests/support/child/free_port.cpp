#include "tests/support/child/free_port.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>

namespace sotto::test {
namespace {

constexpr int kLowest = 10000;
constexpr int kFallbackHighest = 32767;

// The last port that the kernel does not give to outgoing connections: one of those could take a port between the
// moment it is chosen and the moment the program listens.
int highest_port() {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  int first = 0;
  range >> first;
  return first > kLowest + 1000 ? first - 1 : kFallbackHighest;
}

bool nobody_listens(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

// Takes the lock of a port, which lasts as long as the process. False when another one, or this one, has it.
bool reserve(const std::filesystem::path& directory, int port) {
  const auto file = directory / std::to_string(port);
  const int fd = open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot reserve a port with " + file.string());
  if (flock(fd, LOCK_EX | LOCK_NB) == 0 && nobody_listens(port)) return true;
  close(fd);
  return false;
}

}  // namespace

std::uint16_t free_port() {
  static std::mutex mutex;
  static std::mt19937 random{std::random_device{}()};
  const std::lock_guard lock(mutex);
  const auto directory =
      std::filesystem::temp_directory_path() / ("sotto-test-ports-" + std::to_string(static_cast<unsigned>(getuid())));
  std::filesystem::create_directories(directory);
  const int highest = highest_port();
  std::uniform_int_distribution<int> any(kLowest, highest);
  for (int attempt = 0; attempt < 10 * (highest - kLowest); ++attempt) {
    const int port = any(random);
    if (reserve(directory, port)) return static_cast<std::uint16_t>(port);
  }
  throw std::runtime_error("no free port");
}

}  // namespace sotto::test
