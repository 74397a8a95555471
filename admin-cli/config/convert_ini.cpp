#include "admin-cli/config/convert_ini.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "admin-cli/config/programs.hpp"
#include "libs/config/value.hpp"

namespace sotto::cli {
namespace {

enum class Form : std::uint8_t {
  same,
  words,  // spaces between several, where ours has commas
  url,    // any text, where ours has http or https
};

// A key of the reference that a setting of ours stands for. Where two have the same, the file's first is taken.
struct Equivalent {
  std::string_view name;  // "STORE_LOG.expire_messages_days"
  std::string_view key;   // "queues.message_lifetime"
  std::string_view unit;  // what ours has behind the number; empty: the text as it is
  Form form = Form::same;
};

constexpr std::array kEquivalents{
    Equivalent{"INFORMATION.usage_conditions", "information.conditions", "", Form::url},
    Equivalent{"INFORMATION.operator", "information.operator", ""},
    Equivalent{"INFORMATION.operator_country", "information.operator_country", ""},
    Equivalent{"INFORMATION.website", "information.website", "", Form::url},
    Equivalent{"INFORMATION.admin_email", "information.contact", ""},
    Equivalent{"INFORMATION.admin_simplex", "information.contact", ""},
    Equivalent{"INFORMATION.complaints_email", "information.complaints", ""},
    Equivalent{"INFORMATION.complaints_simplex", "information.complaints", ""},
    Equivalent{"INFORMATION.hosting", "information.hosting", ""},
    Equivalent{"INFORMATION.hosting_country", "information.hosting_country", ""},
    Equivalent{"TRANSPORT.port", "transport.ports", ""},
    Equivalent{"INACTIVE_CLIENTS.ttl", "transport.idle_timeout", "s"},
    Equivalent{"INACTIVE_CLIENTS.check_interval", "transport.idle_check_interval", "s"},
    Equivalent{"AUTH.new_queues", "access.new_queues", ""},
    Equivalent{"PROXY.host_mode", "proxy.host_mode", ""},
    Equivalent{"PROXY.required_host_mode", "proxy.required_host_mode", ""},
    Equivalent{"PROXY.socks_proxy", "proxy.socks_proxy", ""},
    Equivalent{"PROXY.socks_mode", "proxy.socks_mode", ""},
    Equivalent{"PROXY.own_server_domains", "proxy.own_domains", "", Form::words},
    Equivalent{"PROXY.client_concurrency", "proxy.client_concurrency", ""},
    Equivalent{"STORE_LOG.expire_messages_days", "queues.message_lifetime", "d"},
    Equivalent{"STORE_LOG.expire_messages_on_start", "queues.expire_on_start", ""},
    Equivalent{"STORE_LOG.expire_messages_on_send", "queues.expire_on_send", ""},
    Equivalent{"STORE_LOG.expire_ntfs_hours", "events.notification_lifetime", "h"},
};

constexpr std::string_view kPasswordName = "AUTH.create_password";
constexpr std::string_view kPasswordKey = "access.password";
constexpr std::string_view kDisconnectName = "INACTIVE_CLIENTS.disconnect";
constexpr std::string_view kIdleKey = "transport.idle_timeout";
constexpr std::string_view kPortsKey = "transport.ports";
constexpr std::string_view kHttpName = "WEB.http";
constexpr std::string_view kHttpsName = "WEB.https";
constexpr std::string_view kCertName = "WEB.cert";
constexpr std::string_view kKeyName = "WEB.key";
constexpr std::string_view kOnSendName = "STORE_LOG.expire_messages_on_send";

// When there is something to say of a key that has no equivalent: not when it is set as ours always is.
enum class Say : std::uint8_t { always, unless_on, unless_off };

struct Missing {
  std::string_view name;  // of a key, or of all that begin so: "WEB."
  Say say;
  std::string_view why;
};

constexpr std::string_view kNoPgp =
    "the page shows no key; a link to it can be information.contact or information.complaints";
constexpr std::string_view kOwnStore =
    "sotto-server has a store of its own, storage.data_dir; this converts settings, not queues and messages";
constexpr std::string_view kNoPostgres =
    "sotto-server needs no PostgreSQL; that of a platform is set for sotto-queue: database.url";
constexpr std::string_view kDurable = "queues and messages are always kept over a restart";
constexpr std::string_view kMetrics = "statistics are metrics, over HTTP: set metrics.listen";
constexpr std::string_view kNoControl = "there is no control port";

constexpr std::array kMissing{
    Missing{"INFORMATION.source_code", Say::always,
            "it names the source of the reference server; information.source is that of what runs here"},
    Missing{"INFORMATION.condition_amendments", Say::always, "the page links one document, information.conditions"},
    Missing{"INFORMATION.server_country", Say::always,
            "the page has countries of the operator and of the hosting: information.hosting_country"},
    Missing{"INFORMATION.hosting_type", Say::always, "the page does not say it; information.hosting can"},
    Missing{"INFORMATION.admin_pgp", Say::always, kNoPgp},
    Missing{"INFORMATION.admin_pgp_fingerprint", Say::always, kNoPgp},
    Missing{"INFORMATION.complaints_pgp", Say::always, kNoPgp},
    Missing{"INFORMATION.complaints_pgp_fingerprint", Say::always, kNoPgp},
    Missing{"STORE_LOG.enable", Say::unless_on, kDurable},
    Missing{"STORE_LOG.restore_messages", Say::unless_on, kDurable},
    Missing{"STORE_LOG.store_queues", Say::always, kOwnStore},
    Missing{"STORE_LOG.store_messages", Say::always, kOwnStore},
    Missing{"STORE_LOG.db_connection", Say::always, kNoPostgres},
    Missing{"STORE_LOG.db_schema", Say::always, kNoPostgres},
    Missing{"STORE_LOG.db_pool_size", Say::always, kNoPostgres},
    Missing{"STORE_LOG.db_store_log", Say::unless_off, "the store has a log of its own"},
    Missing{"STORE_LOG.db_deleted_ttl", Say::always, "how long deleted queues are remembered is no setting"},
    Missing{"STORE_LOG.log_stats", Say::unless_off, kMetrics},
    Missing{"STORE_LOG.prometheus_interval", Say::always, kMetrics},
    Missing{"AUTH.control_port_admin_password", Say::always, kNoControl},
    Missing{"AUTH.control_port_user_password", Say::always, kNoControl},
    Missing{"AUTH.daily_block_queue_quota", Say::always,
            "how many queues may be blocked a day is no setting of the server"},
    Missing{"TRANSPORT.control_port", Say::always, kNoControl},
    Missing{
        "TRANSPORT.host", Say::always,
        "hosts belong to the identity: `sotto init --host`, or the file `hosts` in the identity directory; those that "
        "the web page shows are web.hosts"},
    Missing{"TRANSPORT.log_tls_errors", Say::unless_off, "failed handshakes are counted in the metrics"},
    Missing{"TRANSPORT.websockets", Say::unless_off, "WebSockets are not served; no client uses them"},
    Missing{"TRANSPORT.accept_service_credentials", Say::unless_on, "this cannot be switched off"},
    Missing{"WEB.static_path", Say::always, "the pages are part of the server, and no files"},
    Missing{"NAMES.", Say::always, "a resolver of names is set anew: names.resolver_url"},
};

bool is(Say say, const std::string& value) {
  const auto on = config::parse_boolean(value);
  if (say == Say::always || !on) return true;
  return *on == (say == Say::unless_off);
}

std::string with_commas(std::string_view words) {
  std::string out;
  bool between = false;
  for (const char c : words) {
    if (c == ' ' || c == '\t') {
      between = !out.empty();
      continue;
    }
    if (std::exchange(between, false)) out += ',';
    out += c;
  }
  return out;
}

bool is_url(std::string_view text) {
  return text.starts_with("https://") || text.starts_with("http://");
}

class Converter {
 public:
  explicit Converter(const config::Table& table) : table_(table) {}

  Result<ConvertedIni> run(std::vector<IniValue> values) {
    for (auto& value : values) {
      seen_.push_back(value.name());
      if (!value.value.empty()) take(value);
    }
    settle_idle();
    settle_web();
    // The reference takes an absent key as on, though the file that it makes says off.
    if (std::find(seen_.begin(), seen_.end(), kOnSendName) == seen_.end()) {
      out_.settings.push_back(
          {"queues.expire_on_send", "true", fmt::format("{} is absent, which means on", kOnSendName)});
    }
    if (!problems_.empty()) {
      return Error{ErrorCode::configuration, fmt::format("{}", fmt::join(problems_, "\n"))};
    }
    for (const auto& [why, names] : reasons_) out_.notes.push_back(fmt::format("{}: {}", fmt::join(names, ", "), why));
    return std::move(out_);
  }

 private:
  void take(IniValue& value) {
    const auto name = value.name();
    if (name == kPasswordName) return take_password(value);
    if (name == kDisconnectName) return take_disconnect(value);
    if (name == kHttpName || name == kHttpsName || name == kCertName || name == kKeyName) {
      web_.push_back(value);
      return;
    }
    const auto* equivalent =
        std::find_if(kEquivalents.begin(), kEquivalents.end(), [&](const auto& each) { return each.name == name; });
    if (equivalent != kEquivalents.end()) return take_equivalent(value, *equivalent);
    const auto* missing = std::find_if(kMissing.begin(), kMissing.end(), [&](const auto& each) {
      return each.name.back() == '.' ? name.starts_with(each.name) : name == each.name;
    });
    if (missing == kMissing.end()) return note(name, "unknown here, and left out");
    if (is(missing->say, value.value)) note(name, missing->why);
  }

  void take_equivalent(const IniValue& value, const Equivalent& equivalent) {
    if (is_set(equivalent.key)) return note(value.name(), "the page has one of them, and the first was taken");
    if (equivalent.form == Form::url && !is_url(value.value)) {
      return note(value.name(), "left out, as it is no URL that begins with https:// or http://");
    }
    auto text =
        (equivalent.form == Form::words ? with_commas(value.value) : value.value) + std::string(equivalent.unit);
    set(value, equivalent.key, std::move(text));
  }

  void set(const IniValue& value, std::string_view key, std::string text) {
    const auto& entry = row(key);
    if (const auto status = entry.assign(text); !status) {
      problems_.push_back(fmt::format("line {}: {} = \"{}\": {} {}; {} takes {}", value.line, value.name(), value.value,
                                      text, status.error().message, entry.key, entry.expects));
      return;
    }
    out_.settings.push_back({std::string(key), std::move(text), value.name()});
  }

  void take_password(IniValue& value) {
    const auto status = row(kPasswordKey).assign(value.value);
    if (status) {
      out_.password.emplace(value.value);
    } else {
      problems_.push_back(fmt::format("line {}: {} {}; a password has {}", value.line, kPasswordName,
                                      status.error().message, row(kPasswordKey).expects));
    }
    wipe({reinterpret_cast<std::uint8_t*>(value.value.data()), value.value.size()});
  }

  void take_disconnect(const IniValue& value) {
    const auto disconnect = config::parse_boolean(value.value);
    if (disconnect) {
      disconnect_ = *disconnect;
    } else {
      problems_.push_back(
          fmt::format("line {}: {} = \"{}\": it is neither on nor off", value.line, kDisconnectName, value.value));
    }
  }

  // Of the reference two keys, of ours one: 0 is never.
  void settle_idle() {
    if (disconnect_) return;
    const auto ttl = std::remove_if(out_.settings.begin(), out_.settings.end(),
                                    [](const auto& setting) { return setting.key == kIdleKey; });
    out_.settings.erase(ttl, out_.settings.end());
    out_.settings.push_back({std::string(kIdleKey), "0", fmt::format("{} is off", kDisconnectName)});
  }

  // The page over TLS needs three keys of the reference, and of ours two: it is served on the ports of the protocol.
  void settle_web() {
    const auto* https = web(kHttpsName);
    const auto* certificate = web(kCertName);
    const auto* key = web(kKeyName);
    if (https != nullptr && certificate != nullptr && key != nullptr) {
      set(*certificate, "web.certificate", certificate->value);
      set(*key, "web.key", key->value);
      for (const auto* file : {certificate, key}) {
        note(file->name(), "taken over; sotto-server does not start without these files");
      }
      if (!serves(https->value)) note(https->name(), "the page over TLS is served on the ports of transport.ports");
    } else {
      for (const auto* part : {https, certificate, key}) {
        if (part != nullptr) note(part->name(), "left out: the page over TLS needs https, cert and key");
      }
    }
    if (const auto* http = web(kHttpName)) set(*http, "web.listen", "0.0.0.0:" + http->value);
  }

  [[nodiscard]] const IniValue* web(std::string_view name) const {
    const auto found = std::find_if(web_.begin(), web_.end(), [&](const auto& each) { return each.name() == name; });
    return found == web_.end() ? nullptr : &*found;
  }

  // Whether SMP is served on this port.
  [[nodiscard]] bool serves(std::string_view port) const {
    const auto found = setting(kPortsKey);
    const auto ports = config::split_list(found == out_.settings.end() ? row(kPortsKey).fallback : found->text);
    return std::find(ports.begin(), ports.end(), port) != ports.end();
  }

  [[nodiscard]] std::vector<config::FileSetting>::const_iterator setting(std::string_view key) const {
    return std::find_if(out_.settings.begin(), out_.settings.end(), [&](const auto& each) { return each.key == key; });
  }
  [[nodiscard]] bool is_set(std::string_view key) const { return setting(key) != out_.settings.end(); }

  void note(const std::string& name, std::string_view why) {
    const auto same =
        std::find_if(reasons_.begin(), reasons_.end(), [&](const auto& each) { return each.first == why; });
    if (same == reasons_.end()) {
      reasons_.push_back({why, {name}});
    } else {
      same->second.push_back(name);
    }
  }

  [[nodiscard]] const config::Entry& row(std::string_view key) const {
    for (const auto& section : table_.sections()) {
      for (const auto& entry : section.entries) {
        if (entry.key == key) return entry;
      }
    }
    std::abort();  // a key of ours that the table has not is our own bug
  }

  const config::Table& table_;
  ConvertedIni out_;
  bool disconnect_ = true;
  std::vector<IniValue> web_;  // what the page is served with, until all of it is known
  std::vector<std::string> seen_;
  std::vector<std::string> problems_;
  std::vector<std::pair<std::string_view, std::vector<std::string>>> reasons_;
};

}  // namespace

Result<ConvertedIni> convert_ini(std::vector<IniValue> values) {
  Result<ConvertedIni> result = Error{};
  program("server").with_table([&](const config::Table& table) { result = Converter(table).run(std::move(values)); });
  return result;
}

}  // namespace sotto::cli
