#include "libs/rpc/channel.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "libs/rpc/callback_threads.hpp"
#include "libs/rpc/credentials.hpp"
#include "libs/rpc/stream_arguments.hpp"

namespace sotto::rpc {
namespace {

int milliseconds(std::chrono::milliseconds time) {
  return static_cast<int>(time.count());
}

}  // namespace

Result<std::shared_ptr<grpc::Channel>> make_channel(const ChannelSettings& settings) {
  if (settings.tls) {
    if (auto status = check(*settings.tls, {.own = !settings.anonymous}); !status) return status.error();
  }
  if (settings.callbacks) keep_callback_threads();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(settings.keepalive_time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(settings.keepalive_timeout));
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, milliseconds(settings.backoff_first));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, milliseconds(settings.backoff_last));
  // A name is looked up again when all its addresses fail, and no more often than this; gRPC waits for 30 s by itself,
  // which is as long as a service cannot be reached whose replicas were all replaced.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  set_stream_arguments([&](const char* name, int value) { arguments.SetInt(name, value); });
  arguments.SetMaxReceiveMessageSize(static_cast<int>(settings.max_message_bytes));
  arguments.SetMaxSendMessageSize(static_cast<int>(settings.max_message_bytes));
  // A connection of its own for each channel: what is attached to one replica shares nothing with another.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Proxies of the environment are for the outside world.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (!settings.authority.empty()) {
    arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, settings.authority);
    if (settings.tls) arguments.SetSslTargetNameOverride(settings.authority);
  }
  return grpc::CreateCustomChannel(settings.target, channel_credentials(settings.tls, settings.anonymous), arguments);
}

}  // namespace sotto::rpc
