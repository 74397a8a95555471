#include "admin-cli/certificate/certificate_commands.hpp"

#include <CLI/CLI.hpp>

namespace sotto::cli {

void add_certificate_commands(CLI::App& parent, CommandTable& commands) {
  auto* group = parent.add_subcommand("cert", "Keeps the server certificate: a new one under the same identity");
  group->require_subcommand(1);
  group->footer(
      "Examples:\n"
      "  sotto cert status\n"
      "  sotto cert rotate --ca-key-dir /media/usb/ca-key\n"
      "\n"
      "With the key of the CA on another machine: `cert csr` here, `cert sign` there, `cert install` here.");
  auto* status = group->add_subcommand("status", "Says which certificate the server has, and when it ends");
  commands.add(*status, make_certificate_status_command(*status));
  auto* rotate = group->add_subcommand("rotate", "Makes a new certificate with a new key, where the key of the CA is");
  commands.add(*rotate, make_rotate_command(*rotate));
  auto* csr = group->add_subcommand("csr", "Makes a new key and a request that `cert sign` makes a certificate of");
  commands.add(*csr, make_csr_command(*csr));
  auto* sign = group->add_subcommand("sign", "Makes the certificate of a request, where the key of the CA is");
  commands.add(*sign, make_sign_command(*sign));
  auto* install = group->add_subcommand("install", "Puts a signed certificate and its key in place");
  commands.add(*install, make_install_command(*install));
}

}  // namespace sotto::cli
