#include "cli/container_options.h"

namespace skiff::cli {

namespace {

constexpr ListStyle kComma = ListStyle::kCommaSeparated;

void DeclareProcess(ContainerFlags& f, Arguments& a) {
  a.Value("--name", f.name, "string", "Assign a name to the container");
  a.List("-e,--env", f.env, "NAME=VALUE", "Set an environment variable (NAME alone: the value it has here)");
  a.List("--env-file", f.env_file, "file", "Read environment variables from a file", kComma);
  a.Switch("--env-host", f.env_host, "Pass all of our own environment variables");
  a.Value("-w,--workdir", f.workdir, "path", "Working directory inside the container");
  a.Value("-u,--user", f.user, "user[:group]", "Name or number of the user, and of the group");
  a.List("--group-add", f.group_add, "gid", "Further groups of the process, by number", kComma);
  a.Value("--entrypoint", f.entrypoint, "string",
          "Replace the image's ENTRYPOINT: a program, a JSON list or nothing");
  a.Switch("-t,--tty", f.tty, "Give the container a terminal");
  a.Switch("-i,--interactive", f.interactive, "Keep standard input open");
  a.Switch("--init", f.init, "Run an init as process 1 that forwards signals and reaps processes");
  a.Value("--stop-signal", f.stop_signal, "signal", "Signal that stops the container (default SIGTERM)");
  a.Value("--stop-timeout", f.stop_timeout, "seconds", "Time to stop in before it is killed (default 10)");
  a.Value("--restart", f.restart, "policy", "no, always, unless-stopped, on-failure[:N] (default no)");
  a.Switch("--rm", f.rm, "Remove the container when it has ended");
  a.Value("--pull", f.pull, "policy", "missing, always, newer or never (default missing)");
  a.Value("--cidfile", f.cidfile, "file", "Write the container's id to a file");
  a.Switch("--replace", f.replace, "Remove a container of the same name first");
}

void DeclareIsolation(ContainerFlags& f, Arguments& a) {
  a.List("--cap-add", f.cap_add, "name", "Add capabilities", kComma);
  a.List("--cap-drop", f.cap_drop, "name", "Drop capabilities", kComma);
  a.Switch("--privileged", f.privileged, "All capabilities and devices, no seccomp, nothing masked");
  a.List("--security-opt", f.security_opt, "option",
         "seccomp=FILE|unconfined, no-new-privileges, label=, apparmor=, unmask=ALL");
  a.Switch("--read-only", f.read_only, "Mount the root file system read-only");
  a.Switch("--read-only-tmpfs", f.read_only_tmpfs,
           "With --read-only: tmpfs on /run, /tmp and /var/tmp (default true)");
  a.Value("--pid", f.pid, "mode", "PID namespace: private or host");
  a.Value("--ipc", f.ipc, "mode", "IPC namespace: private, shareable or host");
  a.Value("--uts", f.uts, "mode", "UTS namespace: private");
  a.Value("--userns", f.userns, "mode", "User namespace: host");
  a.Value("--cgroupns", f.cgroupns, "mode", "Cgroup namespace: private");
  a.List("--sysctl", f.sysctl, "name=value", "Kernel parameters of the container's namespaces", kComma);
  a.List("--device", f.device, "HOST[:CONTAINER[:rwm]]", "Give a device of the host", kComma);
}

void DeclareResources(ContainerFlags& f, Arguments& a) {
  a.Value("-m,--memory", f.memory, "size", "Memory limit, as 512m");
  a.Value("--memory-reservation", f.memory_reservation, "size", "Memory soft limit");
  a.Value("--memory-swap", f.memory_swap, "size", "Memory and swap together; -1: no limit");
  a.Value("--cpus", f.cpus, "number", "CPUs that may be used, as 1.5");
  a.Value("-c,--cpu-shares", f.cpu_shares, "number", "CPU weight among containers");
  a.Value("--cpu-quota", f.cpu_quota, "microseconds", "CPU time per period");
  a.Value("--cpu-period", f.cpu_period, "microseconds", "Length of a period");
  a.Value("--cpuset-cpus", f.cpuset_cpus, "list", "CPUs to run on, as 0-3,5");
  a.Value("--pids-limit", f.pids_limit, "number", "Most processes at once; -1: no limit (default 2048)");
  a.List("--ulimit", f.ulimit, "name=soft[:hard]", "Resource limits of the process", kComma);
  a.Value("--oom-score-adj", f.oom_score_adj, "number",
          "How readily the kernel kills it when memory is short");
  a.Value("--shm-size", f.shm_size, "size", "Size of /dev/shm (default 64m)");
}

void DeclareStorageAndNetwork(ContainerFlags& f, Arguments& a) {
  a.List("-v,--volume", f.volume, "[SOURCE:]/path[:options]", "Mount a folder of the host or a named volume");
  a.List("--mount", f.mount, "type=TYPE,...", "Mount: type=bind|volume|tmpfs,source=,target=,readonly");
  a.List("--tmpfs", f.tmpfs, "/path[:options]", "Mount a tmpfs");
  a.List("-p,--publish", f.publish, "[[IP:]HOST:]PORT", "Publish a port or a range", kComma);
  a.Switch("-P,--publish-all", f.publish_all, "Publish every exposed port to a free port");
  a.List("--expose", f.expose, "port", "Ports that --publish-all publishes, besides the image's", kComma);
  f.network.Declare(a);
  a.Value("-h,--hostname", f.hostname, "name", "Host name in the container");
  f.names.Declare(a);
  a.Value("--pod", f.pod, "name", "Run it in this pod; new:NAME makes the pod");
}

void DeclareOthers(ContainerFlags& f, Arguments& a) {
  a.List("-l,--label", f.label, "name=value", "Set a label");
  a.List("--label-file", f.label_file, "file", "Read labels from a file", kComma);
  a.List("--annotation", f.annotation, "name=value", "Set an annotation");
  a.Value("--log-driver", f.log_driver, "name", "k8s-file or none");
  a.Ignored("--log-opt", true);
  a.Switch("-q,--quiet", f.quiet_pull, "Print nothing while pulling the image");
  a.Ignored("--systemd", true);
  a.Ignored("--sdnotify", true);
  a.Ignored("--http-proxy", false);
  a.Ignored("--disable-content-trust", false);
  f.health.Declare(a);
  a.Refused("--volumes-from", true, "not supported; give the same -v to both containers, or use a pod");
  a.Refused("--secret", true, "not supported; use a Secret in kube play, or -v with a file");
  a.Refused("--rootfs", false, "not supported; make an image with 'skiff import'");
  a.Refused("--uidmap", true, "user namespaces are not supported yet");
  a.Refused("--gidmap", true, "user namespaces are not supported yet");
  a.Refused("--link", true, "not supported; put both containers into one pod");
}

}  // namespace

void ContainerFlags::Declare(Arguments& arguments) {
  DeclareProcess(*this, arguments);
  DeclareIsolation(*this, arguments);
  DeclareResources(*this, arguments);
  DeclareStorageAndNetwork(*this, arguments);
  DeclareOthers(*this, arguments);
  access.Declare(arguments);
  access.DeclareCredentials(arguments);
  access.DeclareRetry(arguments);
  platform.Declare(arguments);
  arguments.Operands(operands, 1);
  arguments.EndFlagsAtFirstOperand();
}

}  // namespace skiff::cli
