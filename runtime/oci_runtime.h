// crun and runc: the command lines of formats.md 6.1.
#pragma once

#include <string>
#include <vector>

#include "common/process.h"
#include "common/result.h"

namespace skiff::runtime {

// What the runtime wrote into its --pid-file.
common::Result<pid_t> ReadPidFile(const std::string& path);

class OciRuntime {
 public:
  // `program` is a name or a path; `root` its state directory (--root).
  OciRuntime(std::string program, std::string root) : program_(std::move(program)), root_(std::move(root)) {}

  struct RunOptions {
    std::string id;
    std::string bundle;
    std::string pid_file;
    std::string log_file;        // JSON lines of the runtime
    std::string command;         // what errors name; empty: the bundle's
    std::string console_socket;  // for a terminal
    int stdin_fd = -1;
    int stdout_fd = -1;
    int stderr_fd = -1;
  };
  // `run --detach`: returns when the container's process has been started (or could not be: the error holds the
  // runtime's own message; kCommandNotFound and kCommandNotExecutable are told apart). The process is re-parented to the
  // nearest subreaper. Nothing is left behind on failure.
  common::Result<pid_t> RunDetached(const RunOptions& options) const;
  // The argv of RunDetached, for a caller with an event loop that must not block.
  std::vector<std::string> RunArgv(const RunOptions& options) const;
  // What a failed run says: reads the log file.
  common::Error RunError(const RunOptions& options, int exit_code) const;

  common::Result<> Kill(const std::string& id, int signal, bool all = false) const;
  // Deletes whatever is known of it, killing what runs. An unknown id is fine.
  common::Result<> DeleteForced(const std::string& id) const;
  // The argv of `exec` in the foreground; `process_file` is a runtime-spec process object.
  std::vector<std::string> ExecArgv(const std::string& id, const std::string& process_file) const;
  // True when the runtime has a state directory for the id.
  bool Knows(const std::string& id) const;

  const std::string& program() const { return program_; }
  // runc hands the terminal of `exec` over only when it detaches.
  bool ExecTerminalNeedsDetach() const;

 private:
  std::vector<std::string> Argv(std::vector<std::string> rest, const std::string& log_file = "") const;

  // Its name for people.
  std::string_view shown_program() const;

  std::string program_;
  std::string root_;
};

}  // namespace skiff::runtime
