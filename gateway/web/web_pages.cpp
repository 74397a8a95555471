#include "gateway/web/web_pages.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "libs/base/html.hpp"
#include "libs/qr/qr_code.hpp"
#include "libs/qr/qr_image.hpp"

namespace sotto::gateway {
namespace {

using backend::AccessDecision;

constexpr std::string_view kStyle = R"(<style>
:root { color-scheme: light dark; --back: #f4f5f7; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9198a1; --line: #30363d; --link: #7ab7ff; }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem 3rem; background: var(--back); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; }
h1 { margin: 0 0 .25rem; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 .75rem; font-size: 1.05rem; }
p { margin: .5rem 0; }
section { margin-top: 1rem; padding: 1.1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: .75rem; }
dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .5rem 1rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
a { color: var(--link); }
ol { margin: .5rem 0; padding-left: 1.4rem; }
li { margin: .35rem 0; }
.lead { color: var(--soft); }
.code { width: 15rem; max-width: 100%; margin: .75rem auto; background: #fff; border-radius: .5rem; overflow: hidden; }
.code svg { display: block; width: 100%; height: auto; }
.address { padding: .6rem .75rem; border: 1px solid var(--line); border-radius: .5rem; font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; user-select: all; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
</style>
)";

std::string page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n{}</head>\n"
      "<body>\n<main>\n{}</main>\n</body>\n</html>\n",
      html_escaped(title), kStyle, body);
}

// What a link of this kind, which an app made, leads to.
struct LinkKind {
  std::string_view path;
  std::string_view title;
  std::string_view what;
};
constexpr std::array kLinks{
    LinkKind{"/a", "A SimpleX address", "somebody's address: with it you can write to them"},
    LinkKind{"/c", "A SimpleX channel", "a channel: with it you can read along"},
    LinkKind{"/g", "A SimpleX group", "a group: with it you can join"},
    LinkKind{"/r", "A SimpleX relay", "a relay of channels: with it an owner of a channel can use it"},
    LinkKind{"/i", "A SimpleX invitation",
             "an invitation: with it you and whoever made it can write to each other, once"},
};

std::string link_page(const LinkKind& kind) {
  return page(
      kind.title,
      fmt::format(
          "<h1>{}</h1>\n<p class=\"lead\">This link is for the app SimpleX Chat. It is {}.</p>\n"
          "<section>\n<h2>To use it</h2>\n<ol>\n"
          "<li>Install SimpleX Chat on this device, from your app store or from "
          "<a href=\"https://simplex.chat/downloads/\" rel=\"noreferrer\">simplex.chat/downloads</a>.</li>\n"
          "<li>Copy the whole address of this page, with all that stands behind <b>#</b>.</li>\n"
          "<li>In the app, tap the pencil or <b>New chat</b>, then <b>Connect via link</b>, and paste it.</li>\n"
          "</ol>\n"
          "</section>\n<section>\n<h2>What this server learns of it</h2>\n"
          "<p>Nothing: what stands behind <b>#</b> holds the keys, and browsers do not send it.</p>\n</section>\n",
          kind.title, kind.what));
}

void row(std::string& out, std::string_view name, const std::string& html) {
  if (!html.empty()) out += fmt::format("<dt>{}</dt>\n<dd>{}</dd>\n", name, html);
}

// A link where it is one, else text.
std::string linked(const std::string& text) {
  const auto shown = html_escaped(text);
  const bool web = text.starts_with("https://") || text.starts_with("http://");
  if (web) return fmt::format("<a href=\"{}\" rel=\"noreferrer\">{}</a>", shown, shown);
  const bool mail = text.find('@') != std::string::npos && text.find_first_of(" :/") == std::string::npos;
  if (mail) return fmt::format("<a href=\"mailto:{}\">{}</a>", shown, shown);
  return shown;
}

std::string with_country(const std::string& name, const std::string& country) {
  if (name.empty() || country.empty()) return html_escaped(name + country);
  return html_escaped(name + ", " + country);
}

std::string_view who_may(const std::optional<backend::Admission>& admission) {
  if (!admission) return "not known at this moment";
  switch (admission->decision) {
    case AccessDecision::allowed:
      return "anybody who knows the address";
    case AccessDecision::switched_off:
      return "nobody at present; existing contacts go on";
    case AccessDecision::unknown:
      return "not known at this moment";
    default:
      return "who has a password of the operator";
  }
}

std::string days(std::chrono::milliseconds time) {
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(time).count();
  constexpr int kDay = 24;
  if (hours >= 2 * kDay && hours % kDay == 0) return fmt::format("{} days", hours / kDay);
  if (hours > 1) return fmt::format("{} hours", hours);
  if (hours == 1) return "1 hour";
  return fmt::format("{} seconds", std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

}  // namespace

std::optional<WebPages::Page> WebPages::find(std::string_view path) const {
  if (path == "/") return Page{information_page(), true};
  for (const auto& kind : kLinks) {
    const bool below =
        path.starts_with(kind.path) && (path.size() == kind.path.size() || path[kind.path.size()] == '/');
    if (below) return Page{link_page(kind), false};
  }
  return std::nullopt;
}

std::string WebPages::address_section(bool open) const {
  if (facts_.hosts.empty() || facts_.show_address == ShowAddress::never) return {};
  if (!open && facts_.show_address == ShowAddress::automatic) return {};
  const smp::ServerAddress address{facts_.fingerprint, std::nullopt, facts_.hosts, facts_.port};
  const auto text = address.print(smp::ShowPassword::no);
  const auto code = qr::QrCode::encode(text);
  if (!code) return {};  // so many hosts that no code holds them
  std::string out =
      "<section>\n<h2>To use it in your app</h2>\n<div class=\"code\">\n" + qr::qr_svg(*code, false) + "</div>\n";
  out +=
      "<p>In SimpleX Chat: <b>Settings</b>, <b>Network &amp; servers</b>, <b>SMP servers</b>, <b>Add server</b>, then "
      "scan "
      "this code, or paste the address:</p>\n";
  out += fmt::format("<p class=\"address\">{}</p>\n", html_escaped(text));
  if (!open)
    out +=
        "<p>The password, which the operator gives you, goes between the fingerprint and <b>@</b>, behind a "
        "colon.</p>\n";
  return out + "</section>\n";
}

std::string WebPages::information_page() const {
  const auto admission = access_.decide(backend::AccessPurpose::new_queue, std::nullopt, std::nullopt);
  const bool open = admission && admission->decision == AccessDecision::allowed;
  const auto& information = facts_.information;

  std::string server;
  row(server, "Operator", with_country(information.operator_name, information.operator_country));
  row(server, "Website", linked(information.website));
  row(server, "Contact", linked(information.contact));
  row(server, "Complaints", linked(information.complaints));
  row(server, "Hosting", with_country(information.hosting, information.hosting_country));
  row(server, "Conditions of use", linked(information.conditions));
  row(server, "Source code", linked(information.source));

  std::string service;
  row(service, "May create queues", std::string(who_may(admission)));
  if (facts_.lifetime.count() != 0)
    row(service, "Messages wait for", days(facts_.lifetime) + ", then they are removed");
  if (facts_.quota != 0) row(service, "In each queue", fmt::format("up to {} messages", facts_.quota));
  row(service, "Private routing", facts_.private_routing ? "yes: passes messages on to other servers" : "no");

  std::string body =
      "<h1>Message server</h1>\n<p class=\"lead\">A server for SimpleX Chat: messages wait here, end-to-end encrypted, "
      "until the app of whom they are for fetches them. It has no accounts, and does not know who writes to "
      "whom.</p>\n";
  if (!server.empty()) body += "<section>\n<h2>Who runs it</h2>\n<dl>\n" + server + "</dl>\n</section>\n";
  body += "<section>\n<h2>What it offers</h2>\n<dl>\n" + service + "</dl>\n</section>\n";
  body += address_section(open);
  return page(information.operator_name.empty() ? "Message server" : "Message server of " + information.operator_name,
              body);
}

}  // namespace sotto::gateway
