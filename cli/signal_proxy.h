// Passes the signals that a foreground command gets on to the container.
#pragma once

#include <string>
#include <thread>

#include "cli/context.h"
#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::cli {

// One at a time per process, as signal handlers are.
class SignalProxy {
 public:
  SignalProxy() = default;
  SignalProxy(const SignalProxy&) = delete;
  SignalProxy& operator=(const SignalProxy&) = delete;
  ~SignalProxy() { Stop(); }

  // Until Stop, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 go to the container.
  common::Result<> Start(const Context& context, const std::string& container_id);
  void Stop();

 private:
  std::thread thread_;
  common::UniqueFd read_end_;
};

}  // namespace skiff::cli
