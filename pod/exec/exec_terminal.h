// The terminal of `exec -t`: the runtime hands over the container's end, and we carry bytes and window sizes
// between it and our own terminal (crun itself would not follow a change of the size).
#pragma once

#include <string>

#include "common/process.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/socket_address.h"

namespace skiff::pod {

class ExecTerminal {
 public:
  // Listens for the runtime in `directory`.
  static common::Result<ExecTerminal> Listen(const std::string& directory);
  ExecTerminal(ExecTerminal&&) = default;
  ExecTerminal& operator=(ExecTerminal&&) = delete;
  ~ExecTerminal();

  // For the runtime's --console-socket.
  std::string socket_path() const { return address_.PathForOthers(); }
  // Until the runtime ends; the command's exit status is the runtime's. The runtime may end without a
  // terminal having come. `pid_file`: the runtime ends as soon as the command runs, which is our child from then on (we are
  // a subreaper) and named there.
  common::Result<common::ExitStatus> Run(common::Child process, bool with_stdin, std::string pid_file = "");

 private:
  ExecTerminal(supervisor::DirectorySocketAddress address, std::string path, common::UniqueFd listener)
      : address_(std::move(address)), path_(std::move(path)), listener_(std::move(listener)) {}

  supervisor::DirectorySocketAddress address_;
  std::string path_;  // of the socket; empty in a moved-from object
  common::UniqueFd listener_;
};

}  // namespace skiff::pod
