#include "admin-cli/commands/handout_page.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "libs/base/html.hpp"
#include "libs/qr/qr_code.hpp"
#include "libs/qr/qr_image.hpp"

namespace sotto::cli {
namespace {

// The policy forbids what the page does not have, should somebody add it: scripts, forms, anything from elsewhere.
constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
)";

constexpr std::string_view kStyle = R"(<style>
@page { size: A4; margin: 15mm; }
* { box-sizing: border-box; }
html { background: #fff; color: #000; }
body { max-width: 180mm; margin: 0 auto; padding: 1rem; font: 11pt/1.4 sans-serif; }
h1 { margin: 0; font-size: 20pt; line-height: 1.2; }
p { margin: .5em 0; }
.label { font-size: 14pt; font-weight: bold; overflow-wrap: anywhere; }
.code { width: 80mm; max-width: 100%; margin: 4mm auto; }
.code svg { display: block; width: 100%; height: auto; }
.address { padding: 2mm; border: 1px solid #000; font: 10pt/1.4 monospace; overflow-wrap: anywhere; user-select: all; }
ol { margin: .5em 0; padding-left: 1.6em; }
li { margin: .3em 0; }
.note { padding: 2mm 3mm; border-left: 1mm solid #000; }
@media print { body { max-width: none; padding: 0; } .code, .address, .note, li { break-inside: avoid; } }
</style>
)";

constexpr std::string_view kSteps = R"(<ol>
<li>Open SimpleX Chat, tap your profile picture, then <b>Settings</b>.</li>
<li>Tap <b>Network &amp; servers</b>, then <b>SMP servers</b> (some versions: <b>Your servers</b>).</li>
<li>Tap <b>Add server</b>, then <b>Scan server QR code</b>, and point the camera at the code above. On the device that shows
this page: <b>Enter server manually</b>, and paste the address.</li>
<li>Tap <b>Test server</b> and wait until the test has passed.</li>
<li>Turn on <b>Use for new connections</b>, and save.</li>
</ol>
)";

Status check_label(std::string_view label) {
  if (label.size() > kMaxHandoutLabel) {
    return Error{ErrorCode::invalid_argument, fmt::format("the label is longer than {} bytes", kMaxHandoutLabel)};
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (std::any_of(label.begin(), label.end(), is_control)) {
    return Error{ErrorCode::invalid_argument, "the label holds a line break or another control character"};
  }
  return ok_status();
}

// What whoever holds the page has to know of its password.
std::string password_note(const Handout& handout) {
  if (!handout.address.password) return {};
  std::string note =
      "<p class=\"note\"><b>This page holds a password.</b> Whoever has it may create queues on the server: do not "
      "publish or forward it, and destroy it when you are done.";
  if (!handout.expires.empty()) {
    note += fmt::format(
        " The password works until <b>{}</b>; after that your contacts stay, and for new ones you need a new page.",
        html_escaped(handout.expires));
  }
  return note + "</p>\n";
}

}  // namespace

Result<std::string> handout_page(const Handout& handout) {
  if (const auto status = check_label(handout.label); !status) return status.error();
  const auto address = handout.address.print(smp::ShowPassword::yes);
  const auto code = qr::QrCode::encode(address);
  if (!code) return code.error();
  const auto host = html_escaped(handout.address.hosts.front().name);

  std::string page(kHead);
  page += fmt::format("<title>Message server {}</title>\n", host);
  page += kStyle;
  page += fmt::format("</head>\n<body>\n<h1>Message server {}</h1>\n", host);
  if (!handout.label.empty()) page += fmt::format("<p class=\"label\">{}</p>\n", html_escaped(handout.label));
  page +=
      "<p>A server for SimpleX Chat. Add it to your app, and your new contacts and groups are reached through "
      "it.</p>\n";
  page += "<div class=\"code\">\n" + qr::qr_svg(*code, false) + "</div>\n";
  page += kSteps;
  page += fmt::format("<p class=\"address\">{}</p>\n", html_escaped(address));
  page += password_note(handout);
  if (!handout.address.password && !handout.expires.empty()) {
    page += fmt::format("<p class=\"note\">This page is valid until <b>{}</b>.</p>\n", html_escaped(handout.expires));
  }
  return page + "</body>\n</html>\n";
}

}  // namespace sotto::cli
