#include "cli/interrupts.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <utility>

namespace skiff::cli {

namespace {

constexpr std::array kNoted = {SIGINT, SIGTERM, SIGHUP};

// The handler can reach nothing else.
int interrupt_pipe = -1;

void OnInterrupt(int signal) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(signal);
  (void)!::write(interrupt_pipe, &byte, 1);
  errno = saved;
}

}  // namespace

common::Result<> Interrupts::Start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return common::ErrnoError("wait for signals: pipe2");
  read_end_.Reset(ends[0]);
  interrupt_pipe = ends[1];
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = SA_RESTART;
  for (const int signal : kNoted) ::sigaction(signal, &action, nullptr);
  return {};
}

void Interrupts::Stop() {
  if (!read_end_) return;
  for (const int signal : kNoted) ::signal(signal, SIG_DFL);
  ::close(std::exchange(interrupt_pipe, -1));
  read_end_.Reset();
}

void Interrupts::Wake() { OnInterrupt(kWoken); }

int Interrupts::Take() {
  unsigned char byte = 0;
  return read_end_ && ::read(read_end_.get(), &byte, 1) == 1 ? byte : 0;
}

}  // namespace skiff::cli
