// Runs a command when readiness has changed. Never two at once; what happens meanwhile makes one more run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pod/supervisor/event_loop.h"

namespace skiff::supervisor {

class ReadinessNotifier {
 public:
  // An empty argv: does nothing. `marker`: as PodPlan::readiness_marker.
  ReadinessNotifier(EventLoop& loop, const std::vector<std::string>& argv, const std::string& marker)
      : loop_(loop), argv_(argv), marker_(marker) {}

  void Notify();
  // Nothing more is started; what runs goes on.
  void Stop() { stopped_ = true; }

 private:
  EventLoop& loop_;
  const std::vector<std::string>& argv_;
  const std::string& marker_;
  bool running_ = false;
  bool again_ = false;
  bool stopped_ = false;
};

}  // namespace skiff::supervisor
