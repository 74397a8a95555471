#include "standalone/password_key.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "libs/base/secret.hpp"

namespace sotto::standalone {
namespace {

constexpr std::size_t kMaxSize = std::size_t{64} * 1024;

Error unusable(const std::filesystem::path& file, const std::string& why) {
  return {ErrorCode::configuration, "access.password_key_file " + file.string() + " " + why};
}

// A line of a key file, with its end; wiped by who uses it.
std::string new_line() {
  auto line = crypto::KeyRing::generate_line(1);
  line.push_back('\n');
  return line;
}

void wipe_text(std::string& text) {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

Status make(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return unusable(file, std::string("cannot be made: ") + std::strerror(errno) +
                              "; name a file in a directory where the server may write, or make it there with "
                              "`sotto db new-key`");
  }
  auto line = new_line();
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  wipe_text(line);
  ::close(fd);
  if (written) return ok_status();
  ::unlink(file.c_str());
  return unusable(file, "cannot be written");
}

}  // namespace

Result<crypto::KeyRing> load_password_key(const std::filesystem::path& file, bool may_make) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    if (!may_make) {
      return unusable(file,
                      "is not there: the passwords in the data directory cannot be checked without it; restore "
                      "it from the backup of the identity");
    }
    if (auto made = make(file); !made) return made.error();
  }
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unusable(file, std::string("cannot be read: ") + std::strerror(errno));
  std::string text(kMaxSize, '\0');
  const auto size = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (size < 0) {
    wipe_text(text);
    return unusable(file, "cannot be read");
  }
  auto ring = crypto::KeyRing::parse(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
  wipe_text(text);
  if (!ring) return unusable(file, "cannot be used: " + ring.error().message);
  return ring;
}

crypto::KeyRing passing_password_key() {
  auto line = new_line();
  auto ring = crypto::KeyRing::parse(line);
  wipe_text(line);
  return *std::move(ring);
}

}  // namespace sotto::standalone
