#include "cli/signal_proxy.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace skiff::cli {

using common::Result;

namespace {

constexpr std::array kForwarded = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

// The handler can reach nothing else.
int signal_pipe = -1;

void OnSignal(int signal) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(signal);
  (void)!::write(signal_pipe, &byte, 1);  // full: as many signals are waiting already
  errno = saved;
}

void Forward(int pipe, GlobalOptions options, const std::string& container_id) {
  Context context(std::move(options));  // the engine belongs to one thread
  unsigned char byte = 0;
  while (::read(pipe, &byte, 1) == 1) {
    const auto engine = context.Engine();
    if (!engine) continue;
    // Before the start and after the end there is nobody to tell.
    (void)(*engine)->KillContainer(container_id, byte).has_value();
  }
}

}  // namespace

Result<> SignalProxy::Start(const Context& context, const std::string& container_id) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return common::ErrnoError("pass signals on: pipe2");
  read_end_.Reset(ends[0]);
  signal_pipe = ends[1];
  ::fcntl(signal_pipe, F_SETFL, O_NONBLOCK);
  thread_ = std::thread(Forward, read_end_.get(), context.options(), container_id);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  for (const int signal : kForwarded) ::sigaction(signal, &action, nullptr);
  return {};
}

void SignalProxy::Stop() {
  if (!thread_.joinable()) return;
  for (const int signal : kForwarded) ::signal(signal, SIG_DFL);
  ::close(std::exchange(signal_pipe, -1));  // ends the thread's read
  thread_.join();
}

}  // namespace skiff::cli
