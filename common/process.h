// Child processes.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/unique_fd.h"

namespace skiff::common {

// What to run and with which descriptors. Every other descriptor of ours is close-on-exec and stays behind.
struct Command {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH unless it has a slash
  std::optional<std::vector<std::string>> environment;  // "K=V"; absent: ours
  std::string working_directory;                        // empty: ours
  int stdin_fd = -1;   // -1: /dev/null
  int stdout_fd = -1;  // -1: /dev/null
  int stderr_fd = -1;  // -1: /dev/null
  std::vector<std::pair<int, int>> pass_fds;  // {ours, number in the child}; child numbers from 3 on
  bool new_session = false;                   // setsid
  bool named_fds_only = false;                // nor those that we have from our caller: for a program that outlives us
};

struct Child {
  pid_t pid = -1;
  UniqueFd pidfd;
};

// How a process ended.
struct ExitStatus {
  int code = 0;    // exit(code), or 0
  int signal = 0;  // the signal that killed it, or 0
  // As shells and Kubernetes show it: code, or 128 + signal.
  int ToCode() const { return signal != 0 ? 128 + signal : code; }
  bool ok() const { return code == 0 && signal == 0; }
};

// Starts a program; returns only after exec has succeeded. kNotFound names a missing program.
Result<Child> Spawn(const Command& command);
Result<ExitStatus> Wait(pid_t pid);

struct Output {
  ExitStatus status;
  std::string out;
  std::string err;
};
// Runs to the end and collects both streams (at most `limit` bytes each; more is read and dropped).
Result<Output> Run(Command command, std::string_view input = {}, size_t limit = 16u << 20);

// The program's path as the shell would find it; kNotFound if there is none.
Result<std::string> FindProgram(const std::string& name);

// pidfd_open(2). kNotFound when the process is gone.
Result<UniqueFd> OpenPidfd(pid_t pid);
// How the process ended, of whoever it was a child; nothing as long as it lives or its parent has not waited for it.
// kUnsupported: the kernel does not tell (before 6.15).
Result<std::optional<ExitStatus>> ReadExitStatus(int pidfd);
// Field 22 of /proc/PID/stat, in clock ticks since boot: tells a process from a later one with the same pid.
Result<uint64_t> ProcessStartTime(pid_t pid, const std::string& proc_root = "/proc");
// Whether the process that was started then is there and more than a zombie.
Result<bool> ProcessLives(pid_t pid, uint64_t start_time, const std::string& proc_root = "/proc");
// The same, and it is not about to end either: the first process of a PID namespace waits for the end of all the others before it
// becomes a zombie.
Result<bool> ProcessWorks(pid_t pid, uint64_t start_time, const std::string& proc_root = "/proc");

}  // namespace skiff::common
