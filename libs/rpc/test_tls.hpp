// Files of TLS for tests: authorities and certificates that they issued, made by openssl, for a host and for 127.0.0.1.
// Tests only.
#pragma once

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "libs/rpc/tls_files.hpp"
#include "tests/support/child/child.hpp"
#include "tests/support/child/temp_dir.hpp"

namespace sotto::rpc {

// An authority of its own.
class TestAuthority {
 public:
  TestAuthority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=test authority", "-keyout", path("authority.key"), "-out", path("authority.crt")});
  }
  // Writes the three files into `directory`, or writes them anew. The certificate has the host as its common name.
  // `authorities` has this one only.
  [[nodiscard]] TlsFiles issue(const std::filesystem::path& directory, const std::string& host) const {
    std::ofstream(path("extensions")) << "subjectAltName=DNS:" << host << ",IP:127.0.0.1,URI:spiffe://test/" << host
                                      << '\n';
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host, "-keyout",
             path("peer.key"), "-out", path("peer.csr")});
    openssl({"x509", "-req", "-in", path("peer.csr"), "-CA", path("authority.crt"), "-CAkey", path("authority.key"),
             "-CAcreateserial", "-days", "2", "-extfile", path("extensions"), "-out", path("peer.crt")});

    // Whoever reads in between finds the old file or the new one.
    std::filesystem::create_directories(directory);
    const auto place = [&](const char* name) {
      const auto part = directory / (std::string(name) + ".part");
      std::filesystem::copy_file(path(name), part, std::filesystem::copy_options::overwrite_existing);
      std::filesystem::rename(part, directory / name);
      return directory / name;
    };
    return {.certificate = place("peer.crt"),
            .key = place("peer.key"),
            .authorities = place("authority.crt"),
            .reload_interval = std::chrono::seconds(1)};
  }

 private:
  [[nodiscard]] std::string path(const char* name) const { return (work_.path() / name).string(); }
  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    test::Child::Options options;
    options.arguments = std::move(arguments);
    options.log = path("log");
    test::Child child(std::move(options));
    if (child.wait() != 0) throw std::runtime_error("openssl failed:\n" + child.log());
  }

  test::TempDir work_;
};

// The same by an authority that issues nothing else.
inline TlsFiles write_tls_files(const std::filesystem::path& directory, const std::string& host = "localhost") {
  return TestAuthority().issue(directory, host);
}

}  // namespace sotto::rpc
