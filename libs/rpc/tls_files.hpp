// TlsFiles: with which certificate a process speaks to the others, and whom it believes. Both ends of a connection show
// one (mutual TLS), unless who serves says otherwise (ServerSettings::clients). The files are read again when they
// change: a renewed certificate serves the connections that are made from then on. A value.
#pragma once

#include <chrono>
#include <filesystem>

#include "libs/base/result.hpp"

namespace sotto::rpc {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM, our own first, then those that issued it
  std::filesystem::path key;          // PEM, PKCS#8, without password
  std::filesystem::path authorities;  // PEM: who issues the certificates of the other side
  // How often the files are looked at; at least a second.
  std::chrono::seconds reload_interval{30};
};

// Which of the files one end needs; the others are not read.
struct TlsParts {
  bool own = true;  // certificate and key
  bool authorities = true;
};

// configuration, naming the file, when one that is needed cannot be read or is empty.
Status check(const TlsFiles& files, TlsParts needed = {});

}  // namespace sotto::rpc
