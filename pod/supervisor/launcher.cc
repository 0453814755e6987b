#include "pod/supervisor/launcher.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "pod/supervisor/packet.h"
#include "pod/supervisor/reaper_start.h"

namespace skiff::supervisor {

using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

Result<Launcher> Launcher::Start(const LaunchOptions& options, const common::FileLock& lock) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return common::ErrnoError("socketpair");
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  TRY(StartReaper({.program = options.reaper_program, .run_dir = options.run_dir,
                   .how = options.adopt ? ReaperStart::How::kAdopt : ReaperStart::How::kLaunch,
                   .channel = theirs.get(), .lock = lock, .kept = options.kept}));
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
