// How HTTP/2 is used on both ends: long streams with frames of up to a MiB on networks that are near.
#pragma once

#include <grpc/impl/codegen/grpc_types.h>

namespace sotto::rpc {

// Window of a stream: what may be under way unread. Fixed, for measuring it (BDP) costs a ping for nearly every read.
inline constexpr int kStreamWindowBytes = 4 << 20;
// Largest frame, and what is handed to the socket at a time.
inline constexpr int kHttp2FrameBytes = 1 << 20;

template <class Set>
void set_stream_arguments(Set&& set) {
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  set(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kStreamWindowBytes);
  set(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kHttp2FrameBytes);
  set(GRPC_ARG_HTTP2_WRITE_BUFFER_SIZE, kHttp2FrameBytes);
}

}  // namespace sotto::rpc
