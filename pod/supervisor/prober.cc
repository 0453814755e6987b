#include "pod/supervisor/prober.h"

#include <algorithm>

namespace skiff::supervisor {

using std::chrono::milliseconds;

Prober::Prober(HandlerContext context, const Probe& probe, std::string purpose, milliseconds first, OnOutcome on_outcome)
    : context_(context), probe_(probe), purpose_(std::move(purpose)), on_outcome_(std::move(on_outcome)) {
  timer_ = context_.loop.After(std::max(first, milliseconds(0)), [this] { Attempt(); });
}

void Prober::Attempt() {
  const auto next = EventLoop::Clock::now() + milliseconds(probe_.period_ms);
  run_ = std::make_unique<HandlerRun>(
      context_, probe_.handler, purpose_, milliseconds(probe_.timeout_ms), false,
      [this, next, began = common::Now()](const ProbeResult& result, bool timed_out) {
        run_.reset();
        const auto left = std::chrono::ceil<milliseconds>(next - EventLoop::Clock::now());
        timer_ = context_.loop.After(std::max(left, milliseconds(0)), [this] { Attempt(); });
        const OnOutcome on_outcome = on_outcome_;
        on_outcome({result, timed_out, began});  // may destroy us
      });
}

}  // namespace skiff::supervisor
