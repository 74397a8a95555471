#include "admin-cli/certificate/leaf_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "admin-cli/commands/file.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::array kNames{"server.key", "server.crt"};

// The most that a key lets others do: its group reads.
constexpr mode_t kKeyMode = 0640;
constexpr mode_t kCertificateMode = 0644;

Error failed(const fs::path& path, const char* what) {
  return {ErrorCode::configuration, path.string() + ": " + what + ": " + std::strerror(errno)};
}

fs::path previous(const fs::path& identity_dir, const char* name) {
  return identity_dir / (std::string(name) + ".previous");
}

// `file` gets the owner of `model`, and of its permissions what `most` allows.
Status take_after(const fs::path& file, const fs::path& model, mode_t most) {
  struct stat wanted {};
  struct stat is {};
  if (::stat(model.c_str(), &wanted) != 0) return failed(model, "cannot be read");
  if (::stat(file.c_str(), &is) != 0) return failed(file, "cannot be read");
  const bool other = is.st_uid != wanted.st_uid || is.st_gid != wanted.st_gid;
  if (other && ::chown(file.c_str(), wanted.st_uid, wanted.st_gid) != 0) {
    return failed(file, "cannot be given the owner of the former file (run this as that user, or as root)");
  }
  if (::chmod(file.c_str(), wanted.st_mode & most) != 0) return failed(file, "cannot be given its permissions");
  return ok_status();
}

// A rename is on the disk when its directory is.
void sync_directory(const fs::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

// Both former files have a second name.
Status keep_both(const fs::path& identity_dir) {
  for (const auto* name : kNames) {
    const auto kept = previous(identity_dir, name);
    if (::unlink(kept.c_str()) != 0 && errno != ENOENT) return failed(kept, "cannot be replaced");
    if (::link((identity_dir / name).c_str(), kept.c_str()) != 0) return failed(kept, "cannot be made");
  }
  return ok_status();
}

Status rename_both(const fs::path& identity_dir, const fs::path& key_file, const fs::path& certificate_file) {
  const auto key = identity_dir / "server.key";
  const auto certificate = identity_dir / "server.crt";
  // So that the key has both names until all is done, and a failure takes none away.
  const auto moving = identity_dir / "server.key.moving";
  ::unlink(moving.c_str());
  if (::link(key_file.c_str(), moving.c_str()) != 0) return failed(moving, "cannot be made");
  if (std::rename(moving.c_str(), key.c_str()) != 0) {
    auto error = failed(key, "cannot be replaced");
    ::unlink(moving.c_str());
    return error;
  }
  if (std::rename(certificate_file.c_str(), certificate.c_str()) == 0) return ok_status();
  auto error = failed(certificate, "cannot be replaced");
  std::rename(previous(identity_dir, "server.key").c_str(), key.c_str());
  return error;
}

}  // namespace

fs::path pending_key(const fs::path& identity_dir) {
  return identity_dir / "server.key.pending";
}

fs::path new_key(const fs::path& identity_dir) {
  return identity_dir / "server.key.new";
}

Status check_replaceable(const fs::path& identity_dir) {
  for (const auto* name : kNames) {
    std::error_code ignored;
    if (fs::is_symlink(identity_dir / name, ignored)) {
      return Error{ErrorCode::configuration,
                   (identity_dir / name).string() +
                       ": is a symbolic link: replace the files where they come from (on Kubernetes, in the Secret)"};
    }
  }
  if (::access(identity_dir.c_str(), W_OK | X_OK) != 0) return failed(identity_dir, "cannot be written to");
  return ok_status();
}

Status create_key_file(const fs::path& file, const crypto::PrivateKey& key, const fs::path& identity_dir) {
  if (auto status = create_file(file, crypto::private_key_to_pem(key).expose(), Access::owner); !status) return status;
  auto status = take_after(file, identity_dir / "server.key", kKeyMode);
  if (!status) ::unlink(file.c_str());
  return status;
}

Status replace_leaf(const fs::path& identity_dir, const fs::path& key_file, std::string_view certificate_pem,
                    bool keep_former) {
  const auto certificate_file = identity_dir / "server.crt.new";
  ::unlink(certificate_file.c_str());  // of one that was interrupted
  auto status = create_file(certificate_file, certificate_pem, Access::everybody);
  if (status) status = take_after(certificate_file, identity_dir / "server.crt", kCertificateMode);
  if (status) status = keep_both(identity_dir);
  if (status) status = rename_both(identity_dir, key_file, certificate_file);
  if (!status) {
    ::unlink(certificate_file.c_str());
    return status;
  }
  ::unlink(key_file.c_str());
  if (!keep_former) {
    for (const auto* name : kNames) ::unlink(previous(identity_dir, name).c_str());
  }
  sync_directory(identity_dir);
  return ok_status();
}

}  // namespace sotto::cli
