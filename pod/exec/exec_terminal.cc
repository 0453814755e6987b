#include "pod/exec/exec_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "common/file.h"
#include "common/ids.h"
#include "pod/exec/raw_terminal.h"
#include "runtime/oci_runtime.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::Result;
using common::UniqueFd;

void FitWindow(int terminal) {
  const auto size = ReadWindowSize(STDIN_FILENO);
  if (!size) return;
  winsize window{};
  window.ws_row = static_cast<unsigned short>(size->rows);
  window.ws_col = static_cast<unsigned short>(size->columns);
  ::ioctl(terminal, TIOCSWINSZ, &window);  // a wrong size is no reason to end
}

// The descriptor that the runtime sends with one message.
Result<UniqueFd> ReceiveTerminal(int listener) {
  const UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return ErrnoError("take the runtime's terminal: accept");
  std::array<char, 256> text{};
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC) < 0)
    return ErrnoError("take the runtime's terminal: recvmsg");
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS || header->cmsg_len < CMSG_LEN(sizeof(int)))
    return common::MakeError(common::ErrorCode::kInternal, "the runtime's message holds no terminal");
  int terminal = -1;
  std::memcpy(&terminal, CMSG_DATA(header), sizeof terminal);
  return UniqueFd(terminal);
}

// False at the end of the terminal: nobody in the container holds its other side any more.
Result<bool> CopyOutput(int terminal) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = ::read(terminal, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;  // EIO
  TRY(common::WriteAll(STDOUT_FILENO, {buffer.data(), static_cast<size_t>(count)}), "standard output");
  return true;
}

// False when no more input will come.
bool CopyInput(int terminal) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  if (count == 0) {
    constexpr char kEndOfInput = 4;                                   // ctrl-d
    (void)common::WriteAll(terminal, {&kEndOfInput, 1}).has_value();  // the command may have ended
    return false;
  }
  return common::WriteAll(terminal, {buffer.data(), static_cast<size_t>(count)}).has_value();
}

// What is still in the terminal after the command has ended; processes that it left may hold it open.
Result<> Drain(int terminal) {
  pollfd readable{terminal, POLLIN, 0};
  while (::poll(&readable, 1, 0) > 0 && (readable.revents & POLLIN) != 0) {
    ASSIGN_OR_RETURN(const bool more, CopyOutput(terminal));
    if (!more) break;
  }
  return {};
}

// From the runtime, which ends, to the command that it has started.
Result<common::ExitStatus> Follow(common::Child& process, std::string& pid_file) {
  ASSIGN_OR_RETURN(const common::ExitStatus status, common::Wait(process.pid));
  if (!status.ok()) return status;
  ASSIGN_OR_RETURN(process.pid, runtime::ReadPidFile(pid_file));
  ASSIGN_OR_RETURN(process.pidfd, common::OpenPidfd(process.pid));
  pid_file.clear();
  return status;
}

}  // namespace

Result<ExecTerminal> ExecTerminal::Listen(const std::string& directory) {
  const std::string name = "console-" + common::RandomHex(16);
  ASSIGN_OR_RETURN(auto address, supervisor::DirectorySocketAddress::In(directory, name));
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener) return ErrnoError("socket");
  if (::bind(listener.get(), address.get(), address.size()) != 0)
    return ErrnoError("bind {}/{}", directory, name);
  if (::listen(listener.get(), 1) != 0) return ErrnoError("listen on {}/{}", directory, name);
  return ExecTerminal(std::move(address), directory + "/" + name, std::move(listener));
}

ExecTerminal::~ExecTerminal() {
  if (listener_) (void)common::RemoveFile(path_);
}

Result<common::ExitStatus> ExecTerminal::Run(common::Child process, bool with_stdin, std::string pid_file) {
  sigset_t window_changes;
  sigset_t before;
  ::sigemptyset(&window_changes);
  ::sigaddset(&window_changes, SIGWINCH);
  ::pthread_sigmask(SIG_BLOCK, &window_changes, &before);
  const UniqueFd window(::signalfd(-1, &window_changes, SFD_CLOEXEC | SFD_NONBLOCK));
  ASSIGN_OR_RETURN(const RawTerminal raw, RawTerminal::Enter(STDIN_FILENO));
  UniqueFd terminal;
  for (bool running = true; running;) {
    std::array<pollfd, 4> fds{{{process.pidfd.get(), POLLIN, 0},
                               {window.get(), POLLIN, 0},
                               {terminal ? terminal.get() : listener_.get(), POLLIN, 0},
                               {terminal && with_stdin ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;  // EINTR
    running = fds[0].revents == 0;
    if (!running && !pid_file.empty()) {
      ASSIGN_OR_RETURN(const common::ExitStatus status, Follow(process, pid_file));
      if (!status.ok()) return status;
      running = true;
    }
    if (fds[1].revents != 0) {
      signalfd_siginfo info;
      while (::read(window.get(), &info, sizeof info) > 0) {
      }
      if (terminal) FitWindow(terminal.get());
    }
    if (fds[2].revents != 0 && !terminal) {
      ASSIGN_OR_RETURN(terminal, ReceiveTerminal(listener_.get()));
      FitWindow(terminal.get());
    } else if (fds[2].revents != 0 && running) {
      ASSIGN_OR_RETURN(const bool more, CopyOutput(terminal.get()));
      if (!more) break;
    }
    if (fds[3].revents != 0) with_stdin = CopyInput(terminal.get());
  }
  if (terminal) TRY(Drain(terminal.get()));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!pid_file.empty()) {
    ASSIGN_OR_RETURN(const common::ExitStatus status, Follow(process, pid_file));
    if (!status.ok()) return status;
  }
  return common::Wait(process.pid);
}

}  // namespace skiff::pod
