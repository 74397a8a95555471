// TlsSettings: the certificate files of one side of a connection between our processes or to a store, and their rows in
// a table of settings. A value; const after start.
#pragma once

#include <string>

#include "libs/config/table.hpp"

namespace sotto::runtime {

struct TlsSettings {
  // Paths of PEM files; empty: none.
  std::string ca;           // who issues the certificates of the other side
  std::string certificate;  // our own, then those that issued it
  std::string key;

  [[nodiscard]] bool any() const { return !ca.empty() || !certificate.empty() || !key.empty(); }
};

// The rows tls_ca, tls_certificate and tls_key of the section that the caller began. `prefix`: of the flags, for
// example "grpc" for --grpc-tls-ca. `other`: who is at the other end, for the help.
void tls_rows(config::Table& table, const std::string& prefix, const std::string& other, TlsSettings& settings);

// Both ends show a certificate: all three files, or none. `section`: of the rows. Call it after tls_rows().
void require_mutual_tls(config::Table& table, const std::string& section, const TlsSettings& settings);
// The other end may or may not ask for ours: a certificate comes with its key.
void require_key_with_certificate(config::Table& table, const std::string& section, const TlsSettings& settings);

}  // namespace sotto::runtime
