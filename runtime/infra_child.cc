#include "runtime/infra_child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/pause_filter.h"

namespace skiff::runtime {
namespace {

constexpr int kPauseId = 65535;  // the uid and gid of Kubernetes' pause image
// kube-semantics.md 3.4: the pause process is the last to go.
constexpr char kOomScoreAdj[] = "-998";
constexpr char kPauseName[] = "skiff-pause";

class InfraChild {
 public:
  explicit InfraChild(const InfraChildPlan& plan) : plan_(plan) {}

  [[noreturn]] void Run() {
    EnterCgroups();
    JoinNetwork();
    TakeNullStreams();
    TryKeepOtherDescriptorsOut();
    if (plan_.kept_fd >= 0) Check(::fcntl(plan_.kept_fd, F_SETFD, 0), InfraStage::kKeptDescriptor);
    if (plan_.hostname != nullptr)
      Check(::sethostname(plan_.hostname, plan_.hostname_size), InfraStage::kHostname);
    WriteSysctls();
    TryProtectFromOomKiller();
    EnterEmptyRoot();
    DropRights();
    Exec();
  }

 private:
  [[noreturn]] void Fail(InfraStage stage, uint8_t index = 0) {
    const InfraFailure failure{stage, index, errno};
    [[maybe_unused]] const ssize_t written = ::write(plan_.error_fd, &failure, sizeof failure);
    ::_exit(127);
  }
  long Check(long result, InfraStage stage) {
    if (result < 0) Fail(stage);
    return result;
  }

  void EnterCgroups() {
    for (uint64_t i = 0; i < plan_.cgroup_task_count; ++i)
      Check(::write(plan_.cgroup_tasks[i], "0", 1), InfraStage::kCgroup);
  }

  void JoinNetwork() {
    if (plan_.network_fd >= 0) Check(::setns(plan_.network_fd, CLONE_NEWNET), InfraStage::kJoinNetwork);
  }

  // Pause would keep its starter's pipes open for as long as the pod lives.
  void TakeNullStreams() {
    for (int fd = 0; fd <= 2; ++fd) Check(::dup2(plan_.null_fd, fd), InfraStage::kStandardStreams);
  }

  // For what our own caller has let through to us; our own descriptors are close-on-exec.
  void TryKeepOtherDescriptorsOut() { ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC); }

  void WriteSysctls() {
    for (uint64_t i = 0; i < plan_.sysctl_count; ++i) {
      const InfraSysctl& sysctl = plan_.sysctls[i];
      const int fd = ::open(sysctl.path, O_WRONLY | O_CLOEXEC);
      if (fd < 0 || ::write(fd, sysctl.value, sysctl.value_size) < 0)
        Fail(InfraStage::kSysctl, static_cast<uint8_t>(i));
      ::close(fd);
    }
  }

  // Without CAP_SYS_RESOURCE the score cannot be lowered; the pod works all the same.
  void TryProtectFromOomKiller() {
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    [[maybe_unused]] const ssize_t written = ::write(fd, kOomScoreAdj, sizeof kOomScoreAdj - 1);
    ::close(fd);
  }

  void EnterEmptyRoot() {
    Check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), InfraStage::kPrivateMounts);
    const auto context =
        static_cast<int>(Check(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), InfraStage::kEmptyRoot));
    Check(::syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, "ro", nullptr, 0), InfraStage::kEmptyRoot);
    Check(::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), InfraStage::kEmptyRoot);
    constexpr unsigned kAttributes =
        MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    const auto root = static_cast<int>(
        Check(::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, kAttributes), InfraStage::kEmptyRoot));
    Check(::syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH),
          InfraStage::kEmptyRoot);
    Check(::fchdir(root), InfraStage::kPivotRoot);
    Check(::syscall(SYS_pivot_root, ".", "."), InfraStage::kPivotRoot);
    Check(::umount2(".", MNT_DETACH), InfraStage::kPivotRoot);
  }

  void DropRights() {
    // The first number that the kernel does not know gives EINVAL.
    for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;) ++capability;
    if (errno != EINVAL) Fail(InfraStage::kDropCapabilities);
    TrySwitchUser();
    Check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), InfraStage::kDropCapabilities);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
    Check(::syscall(SYS_capset, &header, none), InfraStage::kDropCapabilities);
    Check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), InfraStage::kNoNewPrivileges);
    Check(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &kPauseFilter, 0, 0), InfraStage::kSeccomp);
  }

  // A user namespace with a single id has no other user to become; without capabilities its root is harmless.
  // The system calls themselves and not their wrappers in libc, which would stop threads that do not exist in
  // this process.
  void TrySwitchUser() {
    ::syscall(SYS_setgroups, 0, nullptr);
    ::syscall(SYS_setresgid, kPauseId, kPauseId, kPauseId);
    ::syscall(SYS_setresuid, kPauseId, kPauseId, kPauseId);
  }

  [[noreturn]] void Exec() {
    const char* argv[] = {kPauseName, nullptr};
    const char* envp[] = {nullptr};
    ::syscall(SYS_execveat, plan_.pause_fd, "", argv, envp, AT_EMPTY_PATH);
    Fail(InfraStage::kExec);
  }

  const InfraChildPlan& plan_;
};

}  // namespace

void RunInfraChild(const InfraChildPlan& plan) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  InfraChild(plan).Run();
}

}  // namespace skiff::runtime
