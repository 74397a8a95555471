// The key of the CA, used where it lies: read for one signature, never copied. Plain functions.
#pragma once

#include <filesystem>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/crypto/certificate.hpp"

namespace sotto::cli {

// A new certificate under the CA, checked as servers and clients check it. `chain`: of the server, whose second
// certificate is the CA; what is signed takes the place of the first. configuration, naming the file: ca.key cannot be
// read, or is not of this CA, or the CA itself is not valid now.
Result<Bytes> sign_leaf(const crypto::LeafRequest& request, std::vector<Bytes> chain,
                        const std::filesystem::path& ca_key_dir);

// Where a key of the CA lies that belongs offline.
enum class CaKeyPlace { absent, beside, inside };
CaKeyPlace ca_key_place(const std::filesystem::path& identity_dir);
// "absent", "beside", "inside".
std::string_view name_of(CaKeyPlace place);

}  // namespace sotto::cli
