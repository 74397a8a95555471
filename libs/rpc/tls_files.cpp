#include "libs/rpc/tls_files.hpp"

#include <fstream>

namespace sotto::rpc {
namespace {

Status readable(const char* what, const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (in && in.peek() != std::ifstream::traits_type::eof()) return ok_status();
  return Error{ErrorCode::configuration, std::string("the TLS ") + what + " file " + path.string() +
                                             " is empty or cannot be read; check its path and permissions"};
}

}  // namespace

Status check(const TlsFiles& files, TlsParts needed) {
  if (needed.own) {
    if (auto status = readable("certificate", files.certificate); !status) return status;
    if (auto status = readable("key", files.key); !status) return status;
  }
  return needed.authorities ? readable("authorities", files.authorities) : ok_status();
}

}  // namespace sotto::rpc
