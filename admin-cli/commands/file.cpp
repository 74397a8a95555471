#include "admin-cli/commands/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace sotto::cli {
namespace {

Error file_error(const std::filesystem::path& path, const char* what) {
  const int reason = errno;
  return {reason == EEXIST ? ErrorCode::conflict : ErrorCode::configuration,
          path.string() + ": " + what + ": " + std::strerror(reason)};
}

Status write_file(const std::filesystem::path& path, std::string_view content, Access access, int flags) {
  const mode_t mode = access == Access::owner ? 0600 : 0644;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
  if (fd < 0) return file_error(path, "cannot be made");
  // The umask may be narrower than a file for everybody needs, or the file may be older than its new content.
  bool ok = ::fchmod(fd, mode) == 0;
  while (ok && !content.empty()) {
    const auto count = ::write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    ok = count > 0;
    if (ok) content.remove_prefix(static_cast<std::size_t>(count));
  }
  ok = ok && (::fsync(fd) == 0 || errno == EINVAL);  // EINVAL: a pipe or a device
  auto status = ok ? ok_status() : Status(file_error(path, "cannot be written"));
  ::close(fd);
  return status;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return file_error(path, "cannot be read");
  std::string text;
  std::array<char, 4096> part{};
  do {
    in.read(part.data(), part.size());
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad()) return file_error(path, "cannot be read");  // a directory, for example
  return text;
}

Status create_file(const std::filesystem::path& path, std::string_view content, Access access) {
  return write_file(path, content, access, O_EXCL);
}

Status replace_file(const std::filesystem::path& path, std::string_view content, Access access) {
  return write_file(path, content, access, O_TRUNC);
}

Status make_directory(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return ok_status();
  if (path.has_parent_path() && path.parent_path() != path) {
    if (auto status = make_directory(path.parent_path()); !status) return status;
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return file_error(path, "cannot be made");
  return ok_status();
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace sotto::cli
