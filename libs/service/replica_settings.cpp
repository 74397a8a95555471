#include "libs/service/replica_settings.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "libs/rpc/replica_names.hpp"

namespace sotto::service {

void replica_rows(config::Table& table, const ReplicaRows& rows, ReplicaSettings& settings) {
  std::string flag = rows.section;
  std::replace(flag.begin(), flag.end(), '_', '-');
  std::string title = rows.title;
  title.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(title.front())));
  table.section(rows.section, rows.title);
  table.text({"targets", flag + "-targets", "", rows.help},
             "hosts with ports separated by commas, such as " + rows.example + ", or empty", settings.targets);
  runtime::tls_rows(table, flag, "the " + title, settings.tls);
  runtime::require_mutual_tls(table, rows.section, settings.tls);
  table.rule([&settings, section = rows.section]() -> std::optional<std::string> {
    if (settings.targets.empty()) return std::nullopt;
    const auto names = rpc::parse_replicas(settings.targets);
    if (names) return std::nullopt;
    return section + ".targets: " + names.error().message;
  });
}

std::vector<rpc::ChannelSettings> replica_channels(const ReplicaSettings& settings) {
  std::vector<rpc::ChannelSettings> out;
  if (settings.targets.empty()) return out;
  const auto names = rpc::parse_replicas(settings.targets).value();
  for (const auto& name : names) {
    rpc::ChannelSettings channel;
    const bool is_ipv6 = name.host.find(':') != std::string::npos;
    channel.target = "dns:///" + (is_ipv6 ? "[" + name.host + "]" : name.host) + ":" + name.port;
    channel.authority = name.host;
    if (settings.tls.any()) {
      channel.tls = rpc::TlsFiles{
          .certificate = settings.tls.certificate, .key = settings.tls.key, .authorities = settings.tls.ca};
    }
    out.push_back(std::move(channel));
  }
  return out;
}

}  // namespace sotto::service
