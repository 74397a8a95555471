// A certificate such as the web has (ECDSA P-256, self-signed), made by the openssl program. Throws when that fails.
#pragma once

#include <filesystem>
#include <string>

namespace sotto::test {

struct WebCertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

// Over what is there already: as a program that renews does, first into other files, then by renaming.
WebCertificateFiles make_web_certificate(const std::filesystem::path& directory, const std::string& host);

}  // namespace sotto::test
