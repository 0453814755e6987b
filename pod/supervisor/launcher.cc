#include "pod/supervisor/launcher.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "common/process.h"
#include "pod/supervisor/packet.h"
#include "pod/supervisor/pod_lock.h"

extern char** environ;

namespace skiff::supervisor {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

namespace {

// The pod outlives the command: it gets only what its programs need. Above all not LISTEN_FDS and NOTIFY_SOCKET, which an
// OCI runtime acts on.
std::vector<std::string> CleanEnvironment() {
  std::vector<std::string> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    for (const std::string_view prefix : {"PATH=", "HOME=", "XDG_RUNTIME_DIR=", "SKIFF_"})
      if (text.substr(0, prefix.size()) == prefix) kept.emplace_back(text);
  }
  return kept;
}

}  // namespace

Result<Launcher> Launcher::Start(const LaunchOptions& options) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return common::ErrnoError("socketpair");
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  common::Command command;
  command.argv = {options.reaper_program, options.run_dir};
  command.environment = CleanEnvironment();
  command.working_directory = "/";
  command.new_session = true;
  command.pass_fds.emplace_back(theirs.get(), kLaunchFd);
  ASSIGN_OR_RETURN(const common::FileLock lock, TakePodLock(options.run_dir));
  command.pass_fds.emplace_back(lock.fd(), kLockFd);
  int number = kLockFd;
  for (const int fd : options.held_fds) command.pass_fds.emplace_back(fd, ++number);
  ASSIGN_OR_RETURN(const common::Child child, common::Spawn(command));
  // The reaper forks at once and its first process ends: what lives on is init's child, not ours.
  ASSIGN_OR_RETURN(const common::ExitStatus status, common::Wait(child.pid));
  if (!status.ok())
    return MakeError(ErrorCode::kInternal, "{} {} ended with code {}", options.reaper_program, options.run_dir,
                     status.ToCode());
  return Launcher(std::move(ours));
}

Result<LaunchEvent> Launcher::ReadEvent(std::optional<std::chrono::milliseconds> timeout) {
  if (timeout) {
    pollfd poll_fd{channel_.get(), POLLIN, 0};
    int ready;
    do ready = ::poll(&poll_fd, 1, static_cast<int>(timeout->count()));
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return common::ErrnoError("poll");
    if (ready == 0)
      return MakeError(ErrorCode::kTimeout, "the pod's supervisor has not answered for {} ms", timeout->count());
  }
  ASSIGN_OR_RETURN(const auto packet, ReceivePacket(channel_.get()), "launch channel");
  if (!packet) return MakeError(ErrorCode::kUnavailable, "the pod's supervisor ended while the pod was being started");
  return common::DecodeJson<LaunchEvent>(*packet, "launch event");
}

Result<> Launcher::SendNetworkReady() { return SendPacket(channel_.get(), "{}"); }

common::Error LaunchError(const LaunchEvent& event) {
  ErrorCode code = ErrorCode::kInternal;
  if (event.code == "command-not-found") code = ErrorCode::kCommandNotFound;
  if (event.code == "command-not-executable") code = ErrorCode::kCommandNotExecutable;
  common::Error error(code, event.message);
  if (event.container.empty()) return error;
  return std::move(error).Wrap(fmt::format("container \"{}\"", event.container));
}

}  // namespace skiff::supervisor
