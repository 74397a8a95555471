// server.key and server.crt of an identity directory, replaced together. Each is renamed into place whole; for the
// moment between the two, a server that reads them finds that they do not fit and reads again. Plain functions.
#pragma once

#include <filesystem>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/crypto/keys.hpp"

namespace sotto::cli {

// Where the key of a request waits for its certificate, and where a key of `cert rotate` is for a moment.
std::filesystem::path pending_key(const std::filesystem::path& identity_dir);
std::filesystem::path new_key(const std::filesystem::path& identity_dir);

// Whether both can be replaced here: configuration when a symbolic link leads elsewhere (a directory that Kubernetes
// mounts is changed through its Secret), or this user may not write.
Status check_replaceable(const std::filesystem::path& identity_dir);

// Makes a key file that has the owner of server.key, whose group may read it when that one's may. conflict when it
// exists.
Status create_key_file(const std::filesystem::path& file, const crypto::PrivateKey& key,
                       const std::filesystem::path& identity_dir);

// The key in `key_file` and `certificate_pem` become server.key and server.crt, with the owners and permissions of the
// former ones. Those stay as server.key.previous and server.crt.previous when `keep_former`. When it fails, everything
// is as before, and `key_file` still there.
Status replace_leaf(const std::filesystem::path& identity_dir, const std::filesystem::path& key_file,
                    std::string_view certificate_pem, bool keep_former);

}  // namespace sotto::cli
