#include "bench/measure/progress.hpp"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

namespace sotto::bench {
namespace {

constexpr std::chrono::milliseconds kBetween{200};

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : Progress(std::move(what), total, isatty(STDERR_FILENO) == 1 ? stderr : nullptr) {}

Progress::Progress(std::string what, std::uint64_t total, std::FILE* out)
    : what_(std::move(what)),
      total_(total),
      out_(out),
      begin_(std::chrono::steady_clock::now()),
      moved_(begin_),
      shown_(begin_) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (width_ == 0) return;
  fmt::print(out_, "\r{:{}}\r", "", width_);
  std::fflush(out_);
  width_ = 0;
}

void Progress::show(Time now) {
  if (done_ != seen_) {
    seen_ = done_;
    moved_ = now;
  }
  if (out_ == nullptr || now - shown_ < kBetween) return;
  shown_ = now;
  const auto seconds = std::chrono::duration<double>(now - begin_).count();
  const auto line = fmt::format("{}: {} of {}, {:.0f}/s, {:.0f} s", what_, done_, total_,
                                static_cast<double>(done_) / std::max(seconds, 0.001), seconds);
  fmt::print(out_, "\r{:<{}}", line, std::max(width_, line.size()));
  std::fflush(out_);
  width_ = std::max(width_, line.size());
}

}  // namespace sotto::bench
