// The commands' side of a pod's control socket (protocol.h).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/protocol.h"

namespace skiff::supervisor {

// One connection to the supervisor of a running pod.
class ControlClient {
 public:
  // kNotFound: no pod runs in run_dir. While a killed supervisor is being restarted, waits for it for up to five seconds.
  static common::Result<ControlClient> Connect(const std::string& run_dir);

  // Sends the request and waits for its answer. An answer that is not ok becomes an Error: "not-found" kNotFound, "busy"
  // kBusy, "timeout" kTimeout, "command-not-found" and "command-not-executable" theirs, otherwise kInternal.
  // A supervisor that is killed meanwhile is asked again once it has been restarted, where asking twice does no harm; else
  // kUnavailable: it ended before it answered.
  // `passed`: a descriptor for it.
  common::Result<ControlReply> Call(const ControlRequest& request, int passed = -1);

  int fd() const { return fd_.get(); }
  common::UniqueFd TakeFd() && { return std::move(fd_); }

 private:
  ControlClient(std::string run_dir, common::UniqueFd fd) : run_dir_(std::move(run_dir)), fd_(std::move(fd)) {}
  common::Result<ControlReply> Exchange(const ControlRequest& request, int passed);

  std::string run_dir_;
  common::UniqueFd fd_;
};

// A container's standard streams. Works for a held container before its start: no byte is missed then.
class AttachStream {
 public:
  static common::Result<AttachStream> Open(const std::string& run_dir, const std::string& container);

  struct Packet {
    enum class Kind { kStdout, kStderr, kExit, kClosed };
    Kind kind = Kind::kClosed;
    std::string data;   // kStdout, kStderr
    int exit_code = 0;  // kExit
  };
  // Waits for the next packet. kClosed: the supervisor has gone or dropped us.
  common::Result<Packet> Read();
  common::Result<> WriteInput(std::string_view data);  // waits while the container does not read
  common::Result<> CloseInput();                       // end of input

  int fd() const { return fd_.get(); }  // for poll(2)

 private:
  explicit AttachStream(common::UniqueFd fd) : fd_(std::move(fd)) {}
  common::UniqueFd fd_;
};

}  // namespace skiff::supervisor
