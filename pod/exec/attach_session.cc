#include "pod/exec/attach_session.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "common/file.h"
#include "pod/control.h"
#include "pod/exec/raw_terminal.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;
using Kind = supervisor::AttachStream::Packet::Kind;

// SIGWINCH as a readable descriptor, for as long as we are attached.
class WindowSignal {
 public:
  WindowSignal() {
    ::sigemptyset(&set_);
    ::sigaddset(&set_, SIGWINCH);
    ::pthread_sigmask(SIG_BLOCK, &set_, &before_);
    fd_.Reset(::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~WindowSignal() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WindowSignal(const WindowSignal&) = delete;
  WindowSignal& operator=(const WindowSignal&) = delete;

  int fd() const { return fd_.get(); }
  void Clear() const {
    signalfd_siginfo info;
    while (::read(fd_.get(), &info, sizeof(info)) > 0) {
    }
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
  UniqueFd fd_;
};

}  // namespace

void AttachSession::SendWindowSize() const {
  const auto size = ReadWindowSize(STDIN_FILENO);
  if (!size) return;
  supervisor::ControlRequest request;
  request.op = "resize";
  request.container = container_.id;
  request.rows = size->rows;
  request.columns = size->columns;
  // A wrong size is no reason to end the session.
  (void)Ask(context_, container_.pod_id, request);
}

void AttachSession::ForwardInput(int stop_fd) {
  char buffer[16 * 1024];
  for (;;) {
    pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {stop_fd, POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno == EINTR) continue;
    if (fds[1].revents != 0) return;
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      (void)stream_.CloseInput();  // the container may have ended just now
      return;
    }
    const std::string_view typed(buffer, static_cast<size_t>(count));
    const auto passed = container_.spec.tty ? keys_.Feed(typed) : DetachKeys::Passed{std::string(typed), false};
    if (!stream_.WriteInput(passed.input)) return;
    if (passed.detach) {
      detached_ = true;
      ::shutdown(stream_.fd(), SHUT_RDWR);  // wakes CopyOutput
      return;
    }
  }
}

Result<std::optional<int>> AttachSession::CopyOutput() {
  const WindowSignal window;
  for (;;) {
    pollfd fds[] = {{stream_.fd(), POLLIN, 0}, {window.fd(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR) return ErrnoError("poll");
    if (fds[1].revents != 0) {
      window.Clear();
      if (container_.spec.tty) SendWindowSize();
    }
    if (fds[0].revents == 0) continue;
    ASSIGN_OR_RETURN(const auto packet, stream_.Read());
    switch (packet.kind) {
      case Kind::kStdout:
        TRY(common::WriteAll(STDOUT_FILENO, packet.data), "standard output");
        break;
      case Kind::kStderr:
        TRY(common::WriteAll(STDERR_FILENO, packet.data), "standard error");
        break;
      case Kind::kExit:
        return std::optional<int>(packet.exit_code);
      case Kind::kClosed:
        return MakeError(ErrorCode::kUnavailable, "the connection to container {} was closed", container_.name);
    }
  }
}

Result<std::optional<int>> AttachSession::Run(bool with_stdin) {
  std::optional<RawTerminal> raw;
  if (container_.spec.tty && with_stdin) {
    ASSIGN_OR_RETURN(auto entered, RawTerminal::Enter(STDIN_FILENO));
    raw.emplace(std::move(entered));
  }
  const UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
  if (!stop) return ErrnoError("eventfd");
  std::thread input;
  if (with_stdin) input = std::thread([&] { ForwardInput(stop.get()); });
  auto result = CopyOutput();
  if (input.joinable()) {
    ::eventfd_write(stop.get(), 1);
    ::shutdown(stream_.fd(), SHUT_RDWR);
    input.join();
  }
  if (detached_) return std::optional<int>();
  return result;
}

}  // namespace skiff::pod
