#include "cli/rootless/enter.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>

#include "cli/context.h"
#include "cli/rootless/id_map.h"
#include "cli/rootless/scope.h"
#include "common/file.h"
#include "common/file_lock.h"
#include "common/process.h"
#include "common/system_paths.h"
#include "common/user_namespace.h"
#include "network/dns/resolvers.h"

namespace skiff::cli {

using common::ErrnoError;
using common::Error;
using common::ErrorCode;
using common::FileLock;
using common::MakeError;
using common::Result;
using common::SystemPaths;
using common::UniqueFd;

namespace {

// The process that keeps the namespaces is recorded here, with its start time.
std::string HolderFile(const SystemPaths& paths) { return paths.run_dir + "/user-namespace"; }

struct Holder {
  pid_t pid = 0;
  uint64_t start_time = 0;
};

std::optional<Holder> ReadHolder(const SystemPaths& paths) {
  const auto text = common::ReadFile(HolderFile(paths), 64);
  if (!text) return std::nullopt;
  Holder holder;
  const char* const end = text->data() + text->size();
  const auto pid = std::from_chars(text->data(), end, holder.pid);
  if (pid.ec != std::errc() || pid.ptr == end || std::from_chars(pid.ptr + 1, end, holder.start_time).ec != std::errc())
    return std::nullopt;
  const auto lives = common::ProcessLives(holder.pid, holder.start_time);
  return lives && *lives ? std::optional(holder) : std::nullopt;
}

// What the holder does in its namespaces before it becomes skiff-pause. Tells its steps by a socket: a letter before the ids can
// be given to it, errno when something fails, and the end of the stream when the program runs.
class HolderChild {
 public:
  HolderChild(int channel, const char* program) : channel_(channel), program_(program) {}

  [[noreturn]] void Run() {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0) Fail();
    char letter = 'm';
    if (::write(channel_, &letter, 1) != 1 || ::read(channel_, &letter, 1) != 1) ::_exit(1);
    if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) Fail();
    // What the machine mounts later is seen in here as well; what we mount stays here.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) Fail();
    RaiseLoopback();
    if (::setsid() < 0 && errno != EPERM) Fail();
    if (::chdir("/") != 0) Fail();
    TakeNullStreams();
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    const char* const arguments[] = {"skiff-pause", nullptr};
    const char* const environment[] = {nullptr};
    ::execve(program_, const_cast<char**>(arguments), const_cast<char**>(environment));
    Fail();
  }

 private:
  [[noreturn]] void Fail() {
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(channel_, &error, sizeof error);
    ::_exit(1);
  }

  void RaiseLoopback() {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) Fail();
    ifreq request{};
    request.ifr_name[0] = 'l';
    request.ifr_name[1] = 'o';
    request.ifr_flags = IFF_UP;
    if (::ioctl(socket, SIOCSIFFLAGS, &request) != 0) Fail();
    ::close(socket);
  }

  void TakeNullStreams() {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) Fail();
    for (int fd = 0; fd <= 2; ++fd)
      if (::dup2(null, fd) < 0) Fail();
  }

  int channel_;
  const char* program_;
};

Error NoNamespaces(int error) {
  const Error cause = Error::FromErrno(error, "make a user namespace");
  if (error != EPERM && error != ENOSPC && error != EACCES) return cause;
  return MakeError(ErrorCode::kUnsupported,
                   "{}: this machine does not let users have them (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone, "
                   "kernel.apparmor_restrict_unprivileged_userns); run skiff as root, or have that changed",
                   cause.message());
}

void WarnOfMissingIds() {
  PrintWarning(fmt::format("user {} has no subordinate ids: only files of root can be in an image. Give him some (usermod "
                           "--add-subuids 100000-165535 --add-subgids 100000-165535 NAME), and have newuidmap (package uidmap)",
                           ::getuid()));
}

std::string OutsideFile(const SystemPaths& paths) { return paths.run_dir + "/pasta.pid"; }

// Whether the way outside was there and has been killed.
bool OutsideEnded(const SystemPaths& paths) {
  const auto text = common::ReadFile(OutsideFile(paths), 64);
  if (!text || text->empty()) return false;  // it never came to be
  // Of a process that has ended and is not yet reaped it is empty.
  const auto command = common::ReadFile(fmt::format("/proc/{}/cmdline", text->substr(0, text->find('\n'))), 4096);
  return !command || !command->starts_with("pasta");
}

// The way out of the user's network; it ends with that.
void TryConnectOutside(const SystemPaths& paths, pid_t holder) {
  const char* const how = "pods cannot reach other machines";
  (void)common::RemoveFile(OutsideFile(paths));  // what fails is told of once
  if (!common::FindProgram("pasta")) return PrintWarning(fmt::format("{}: pasta is not installed (package passt)", how));
  common::Command command;
  command.argv = {"pasta", "--config-net", "--quiet", "--pid", OutsideFile(paths),
                  "-t", "none", "-u", "none", "-T", "none", "-U", "none", "--no-map-gw",
                  "--dns-forward", dns::kPastaForwarder,
                  std::to_string(holder)};
  command.named_fds_only = true;
  const auto output = common::Run(std::move(command));
  if (!output) return PrintWarning(fmt::format("{}: {}", how, output.error().message()));
  if (output->status.ok()) return;
  const bool no_device = ::access("/dev/net/tun", R_OK | W_OK) != 0;
  PrintWarning(fmt::format("{}: pasta: {}{}", how, output->err.substr(0, output->err.find_last_not_of('\n') + 1),
                           no_device ? " (/dev/net/tun is not there or not open to you: modprobe tun)" : ""));
}

// Pods outlive the holder, but no command can get at their processes from other namespaces.
void WarnOfLostPods(const SystemPaths& paths) {
  const auto pods = common::ListDirectory(paths.run_dir + "/pods");
  if (common::PathExists(HolderFile(paths)) && pods && !pods->empty())
    PrintWarning("the process that kept your namespaces (skiff-pause) was killed: running pods stay in the old ones, out of reach "
                 "for exec, networks and names, until they are started again (skiff pod stop, then skiff pod start)");
}

// The child of a process that ends soon, so that it becomes the machine's.
Result<Holder> StartHolder(const SystemPaths& paths) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return ErrnoError("socketpair");
  UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  const std::string program = paths.Program("skiff-pause");
  const pid_t pid = ::fork();
  if (pid < 0) return ErrnoError("fork");
  if (pid == 0) {
    ours.Reset();  // else it would not hear that we have been killed, and wait for ever
    HolderChild(theirs.get(), program.c_str()).Run();
  }
  theirs.Reset();
  const auto undo = [&](Error error) {
    ::kill(pid, SIGKILL);
    (void)common::Wait(pid);
    return error;
  };
  char answer[sizeof(int)];
  ssize_t size = ::read(ours.get(), answer, sizeof answer);
  if (size == sizeof(int)) return undo(NoNamespaces(*reinterpret_cast<int*>(answer)));
  if (size != 1) return undo(MakeError(ErrorCode::kInternal, "make a user namespace: the process in it ended"));
  const auto mapped = MapIds(pid);
  if (!mapped) return undo(mapped.error());
  if (::write(ours.get(), "m", 1) != 1) return undo(ErrnoError("write to the process in the user namespace"));
  size = ::read(ours.get(), answer, sizeof answer);
  if (size == sizeof(int)) return undo(Error::FromErrno(*reinterpret_cast<int*>(answer), "set up the user namespace"));
  Holder holder{.pid = pid};
  const auto start_time = common::ProcessStartTime(pid);
  if (!start_time) return undo(start_time.error());
  holder.start_time = *start_time;
  if (!*mapped) WarnOfMissingIds();
  TryConnectOutside(paths, pid);
  const auto written = common::WriteFileAtomic(HolderFile(paths), fmt::format("{} {}", pid, holder.start_time), 0600);
  if (!written) return undo(written.error());
  return holder;
}

// What is read there is believed: of another user it could lead us to run what he likes.
Result<> CheckOwner(const std::string& folder) {
  struct stat info;
  if (::stat(folder.c_str(), &info) != 0) return ErrnoError("look at {}", folder);
  if (info.st_uid == ::geteuid() && (info.st_mode & S_IWOTH) == 0) return {};
  return MakeError(ErrorCode::kPermission, "the run directory {} {}: have XDG_RUNTIME_DIR name a folder that is yours alone", folder,
                   info.st_uid == ::geteuid() ? "can be written by everyone" : fmt::format("belongs to user {}", info.st_uid));
}

Result<> Join(const Holder& holder) {
  const std::string folder = fmt::format("/proc/{}/ns/", holder.pid);
  ASSIGN_OR_RETURN(const UniqueFd user, common::Open(folder + "user", O_RDONLY));
  ASSIGN_OR_RETURN(const UniqueFd mounts, common::Open(folder + "mnt", O_RDONLY));
  const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), std::free);
  if (::setns(user.get(), CLONE_NEWUSER) != 0) return ErrnoError("enter the user namespace of process {}", holder.pid);
  if (::setns(mounts.get(), CLONE_NEWNS) != 0) return ErrnoError("enter the mount namespace of process {}", holder.pid);
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) return ErrnoError("become root of the user namespace");
  if (here != nullptr && ::chdir(here.get()) != 0) return ErrnoError("go back to {}", here.get());
  return {};
}

}  // namespace

Result<> EnterUserNamespace() {
  if (::geteuid() == 0) {  // also after entering
    // Root's commands are not to act in a user's network because his environment was taken along.
    if (common::UserNamespace::Current() && common::InInitialUserNamespace()) ::unsetenv(common::UserNamespace::kVariable);
    return {};
  }
  ASSIGN_OR_RETURN(const SystemPaths paths, SystemPaths::FromEnvironment());
  TRY(EnterUserScope(paths));
  TRY(common::MakeDirectories(paths.run_dir, 0700), "the run directory of user {} (XDG_RUNTIME_DIR names another)", ::geteuid());
  TRY(CheckOwner(paths.run_dir));
  const uid_t user = ::geteuid();
  std::optional<Holder> holder = ReadHolder(paths);
  if (!holder) {
    ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(HolderFile(paths) + ".lock"));
    holder = ReadHolder(paths);
    if (!holder) {
      WarnOfLostPods(paths);
      ASSIGN_OR_RETURN(holder, StartHolder(paths));
    }
  } else if (OutsideEnded(paths)) {
    ASSIGN_OR_RETURN(const FileLock lock, FileLock::Acquire(HolderFile(paths) + ".lock"));
    if (OutsideEnded(paths)) TryConnectOutside(paths, holder->pid);
  }
  TRY(Join(*holder));
  const std::string value = common::UserNamespace{.user = user, .holder = holder->pid}.ToVariable();
  if (::setenv(common::UserNamespace::kVariable, value.c_str(), 1) != 0) return ErrnoError("set the environment");
  return {};
}

}  // namespace skiff::cli
