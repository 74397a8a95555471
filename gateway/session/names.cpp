// The names (RSLV) of a block: they are asked for, those of a wave together, before the wave goes to the backend.
// Meanwhile the block gives up its place among those in flight: a resolver that is slow keeps nobody else.
#include <utility>
#include <vector>

#include "gateway/session/block_task.hpp"
#include "gateway/session/connection.hpp"
#include "gateway/session/responses.hpp"
#include "gateway/worker.hpp"

namespace sotto::gateway {

bool BlockTask::ask_names() {
  std::vector<std::size_t> names;
  for (std::size_t i = wave_begin_; i < wave_end_; ++i) {
    if (!items_[i].done && std::holds_alternative<smp::Rslv>(*items_[i].command)) names.push_back(i);
  }
  if (names.empty()) return false;
  asked_ = names.size();
  owner_->set_aside();
  for (const auto i : names) owner_->resolve(std::get<smp::Rslv>(*items_[i].command).name, i, shared_from_this());
  return true;
}

void BlockTask::named(std::size_t item, const NameAnswer& resolved) {
  if (owner_->session() == nullptr) return;
  answer(items_[item], answer_name(resolved));
  if (--asked_ == 0) owner_->take_up(shared_from_this(), std::chrono::milliseconds(0));
}

void Connection::resolve(ByteView name, std::size_t item, std::shared_ptr<BlockTask> task) {
  auto& counters = context().counters;
  const auto asked = std::chrono::steady_clock::now();
  context().names->resolve(as_text(name),
                           [&worker = worker_, &counters, asked, item, task = std::move(task)](NameAnswer answer) {
                             counters.names_resolved[static_cast<std::size_t>(answer.outcome)].add();
                             counters.name_times.add(std::chrono::steady_clock::now() - asked);
                             worker.post([task, item, answer = std::move(answer)] { task->named(item, answer); });
                           });
}

}  // namespace sotto::gateway
