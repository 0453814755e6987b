#include "common/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "common/file.h"

namespace skiff::common {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const auto& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

// All that the child needs, prepared before the fork: nothing is allocated after it.
struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* envp;
  const char* directory;  // or null
  int stdio[3];
  const std::pair<int, int>* pass_fds;
  int* moved_fds;  // as many as pass_fds, scratch
  size_t pass_count;
  int lowest_free_fd;  // above every target number
  bool new_session;
  bool named_fds_only;
  int error_fd;
};

[[noreturn]] void Fail(int error_fd) {
  const int error = errno;
  [[maybe_unused]] const ssize_t n = ::write(error_fd, &error, sizeof error);
  ::_exit(127);
}

// Before exec does it, as a handler would run in the parent's memory. SIGPIPE must not stay ignored.
void ResetSignals() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    if (action.sa_handler == SIG_IGN && signal != SIGPIPE) continue;
    action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(signal, &action, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the parent's memory, after vfork: system calls, and writes to nothing but the plan.
[[noreturn]] void RunChild(ChildPlan& plan) {
  if (plan.new_session && ::setsid() < 0) Fail(plan.error_fd);
  // Move everything out of the way first, so that no target number overwrites a source still needed.
  const int error_fd = ::fcntl(plan.error_fd, F_DUPFD_CLOEXEC, plan.lowest_free_fd);
  if (error_fd < 0) Fail(plan.error_fd);
  int stdio[3];
  for (int i = 0; i < 3; ++i) {
    const int source = plan.stdio[i] >= 0 ? plan.stdio[i] : ::open("/dev/null", O_RDWR | O_CLOEXEC);
    stdio[i] = ::fcntl(source, F_DUPFD_CLOEXEC, plan.lowest_free_fd);
    if (stdio[i] < 0) Fail(error_fd);
  }
  for (size_t i = 0; i < plan.pass_count; ++i) {
    plan.moved_fds[i] = ::fcntl(plan.pass_fds[i].first, F_DUPFD_CLOEXEC, plan.lowest_free_fd);
    if (plan.moved_fds[i] < 0) Fail(error_fd);
  }
  if (plan.named_fds_only) ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  for (int i = 0; i < 3; ++i)
    if (::dup2(stdio[i], i) < 0) Fail(error_fd);
  for (size_t i = 0; i < plan.pass_count; ++i)
    if (::dup2(plan.moved_fds[i], plan.pass_fds[i].second) < 0) Fail(error_fd);
  if (plan.directory != nullptr && ::chdir(plan.directory) != 0) Fail(error_fd);
  ResetSignals();
  ::execve(plan.program, plan.argv, plan.envp);
  Fail(error_fd);
}

}  // namespace

Result<std::string> FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (::access(name.c_str(), X_OK) != 0) return ErrnoError("run {}", name);
    return name;
  }
  const char* path = ::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  while (!rest.empty()) {
    const size_t colon = std::min(rest.find(':'), rest.size());
    const std::string candidate = JoinPath(rest.substr(0, colon), name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return MakeError(ErrorCode::kNotFound, "the program \"{}\" is not installed (not found in PATH)", name);
}

Result<Child> Spawn(const Command& command) {
  ASSIGN_OR_RETURN(const std::string program, FindProgram(command.argv.at(0)));
  const auto argv = Pointers(command.argv);
  const auto own_environment = command.environment ? Pointers(*command.environment) : std::vector<char*>{};
  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0) return ErrnoError("pipe");
  UniqueFd read_end(pipe_fds[0]);
  UniqueFd write_end(pipe_fds[1]);
  std::vector<int> moved(command.pass_fds.size());
  int highest = 2;
  for (const auto& pass : command.pass_fds) highest = std::max(highest, pass.second);
  ChildPlan plan{program.c_str(),
                 argv.data(),
                 command.environment ? own_environment.data() : environ,
                 command.working_directory.empty() ? nullptr : command.working_directory.c_str(),
                 {command.stdin_fd, command.stdout_fd, command.stderr_fd},
                 command.pass_fds.data(),
                 moved.data(),
                 moved.size(),
                 highest + 1,
                 command.new_session,
                 command.named_fds_only,
                 write_end.get()};
  // Not fork: copying the page tables costs a millisecond, and each page written to afterwards some more.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) RunChild(plan);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return Error::FromErrno(fork_error, "fork");
  write_end.Reset();
  Child child;
  child.pid = pid;
  child.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  int error = 0;
  ssize_t n;
  do n = ::read(read_end.get(), &error, sizeof error);
  while (n < 0 && errno == EINTR);
  if (n == sizeof error) {
    TRY(Wait(pid));
    return Error::FromErrno(error, "run " + program);
  }
  return child;
}

Result<ExitStatus> Wait(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return ErrnoError("wait for process {}", pid);
  }
  if (WIFSIGNALED(status)) return ExitStatus{0, WTERMSIG(status)};
  return ExitStatus{WEXITSTATUS(status), 0};
}

Result<std::optional<ExitStatus>> ReadExitStatus(int pidfd) {
  // struct pidfd_info of linux/pidfd.h, which is newer than the headers we build with.
  struct PidfdInfo {
    uint64_t mask, cgroup_id;
    uint32_t pid, tgid, ppid, ids[8];
    int32_t exit_code;
  };
  static_assert(sizeof(PidfdInfo) == 64);
  constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);
  constexpr uint64_t kExit = 1U << 3;
  PidfdInfo info{};
  info.mask = kExit;
  if (::ioctl(pidfd, kGetInfo, &info) != 0) {
    if (errno == ENOTTY || errno == EINVAL) return MakeError(ErrorCode::kUnsupported, "the kernel does not tell how a process ended");
    if (errno == ESRCH) return std::optional<ExitStatus>();
    return ErrnoError("ask how a process ended");
  }
  if ((info.mask & kExit) == 0) return std::optional<ExitStatus>();
  if (WIFSIGNALED(info.exit_code)) return std::optional(ExitStatus{0, WTERMSIG(info.exit_code)});
  return std::optional(ExitStatus{WEXITSTATUS(info.exit_code), 0});
}

Result<Output> Run(Command command, std::string_view input, size_t limit) {
  int in[2] = {-1, -1}, out[2], err[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    return ErrnoError("pipe");
  UniqueFd in_read(in[0]), in_write(in[1]), out_read(out[0]), out_write(out[1]), err_read(err[0]), err_write(err[1]);
  command.stdin_fd = in_read.get();
  command.stdout_fd = out_write.get();
  command.stderr_fd = err_write.get();
  ASSIGN_OR_RETURN(const Child child, Spawn(command));
  in_read.Reset();
  out_write.Reset();
  err_write.Reset();
  if (input.empty()) in_write.Reset();
  ::fcntl(in_write.get(), F_SETFL, O_NONBLOCK);

  Output output;
  pollfd polls[3] = {{out_read.get(), POLLIN, 0}, {err_read.get(), POLLIN, 0}, {in_write.get(), POLLOUT, 0}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls, 3, -1) < 0 && errno != EINTR) return ErrnoError("poll");
    for (int i = 0; i < 2; ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      char buffer[16384];
      const ssize_t n = ::read(polls[i].fd, buffer, sizeof buffer);
      if (n <= 0) {
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        polls[i].fd = -1;
        continue;
      }
      std::string& target = i == 0 ? output.out : output.err;
      target.append(buffer, std::min<size_t>(static_cast<size_t>(n), limit - std::min(limit, target.size())));
    }
    if (polls[2].fd >= 0 && polls[2].revents != 0) {
      const ssize_t n = ::write(polls[2].fd, input.data(), input.size());
      if (n > 0) input.remove_prefix(static_cast<size_t>(n));
      if (input.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        in_write.Reset();
        polls[2].fd = -1;
      }
    }
  }
  ASSIGN_OR_RETURN(output.status, Wait(child.pid));
  return output;
}

Result<UniqueFd> OpenPidfd(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!fd) return ErrnoError("pidfd_open {}", pid);
  return fd;
}

namespace {

constexpr uint64_t kExiting = 0x4;  // PF_EXITING of linux/sched.h

// proc(5), fields 3, 9 and 22.
struct ProcessStat {
  char state = 0;
  uint64_t flags = 0;
  uint64_t start_time = 0;
};

Result<ProcessStat> ReadProcessStat(pid_t pid, const std::string& proc_root) {
  ASSIGN_OR_RETURN(const std::string stat, ReadFile(fmt::format("{}/{}/stat", proc_root, pid)));
  // The command name (field 2) may hold spaces and parentheses; fields are counted after its last ')'.
  size_t position = stat.rfind(')');
  ProcessStat read;
  if (position != std::string::npos && position + 2 < stat.size()) read.state = stat[position + 2];
  const auto read_number = [&](uint64_t& number) {
    return position != std::string::npos &&
           std::from_chars(stat.data() + position + 1, stat.data() + stat.size(), number).ec == std::errc();
  };
  bool whole = true;
  for (int field = 3; field <= 22 && position != std::string::npos; ++field) {
    position = stat.find(' ', position + 1);
    if (field == 9) whole = read_number(read.flags);
  }
  if (!whole || !read_number(read.start_time))
    return MakeError(ErrorCode::kInternal, "cannot parse /proc/{}/stat", pid);
  return read;
}

}  // namespace

Result<uint64_t> ProcessStartTime(pid_t pid, const std::string& proc_root) {
  ASSIGN_OR_RETURN(const ProcessStat stat, ReadProcessStat(pid, proc_root));
  return stat.start_time;
}

Result<bool> ProcessLives(pid_t pid, uint64_t start_time, const std::string& proc_root) {
  const auto stat = ReadProcessStat(pid, proc_root);
  if (!stat && stat.error().code() == ErrorCode::kNotFound) return false;
  TRY(stat);
  return stat->start_time == start_time && stat->state != 'Z' && stat->state != 'X';
}

Result<bool> ProcessWorks(pid_t pid, uint64_t start_time, const std::string& proc_root) {
  const auto stat = ReadProcessStat(pid, proc_root);
  if (!stat && stat.error().code() == ErrorCode::kNotFound) return false;
  TRY(stat);
  return stat->start_time == start_time && (stat->flags & kExiting) == 0;
}

}  // namespace skiff::common
