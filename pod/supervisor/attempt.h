// One attempt at what a handler asks for, in progress. Destroying it abandons it: its connection is closed, its program
// killed, and nothing is told any more.
#pragma once

#include <functional>

#include "pod/supervisor/probe_exchange.h"

namespace skiff::supervisor {

class Attempt {
 public:
  // Called once, from the event loop; may destroy the attempt.
  using Done = std::function<void(const ProbeResult&)>;
  virtual ~Attempt() = default;
};

}  // namespace skiff::supervisor
