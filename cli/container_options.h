// The flags of `run` and `create`, and the container and pod that they describe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/notation/health.h"
#include "cli/notation/name_flags.h"
#include "cli/notation/networks.h"
#include "cli/registry/access_flags.h"
#include "common/result.h"
#include "pod/spec.h"

namespace skiff::cli {

// As the user wrote them.
struct ContainerFlags {
  std::string name, workdir, user, pod, hostname, restart, memory, memory_reservation, memory_swap, cpus,
      cpuset_cpus, shm_size, stop_signal, pid, ipc, uts, userns, cgroupns, pull = "missing", cidfile, log_driver;
  NetworkFlags network;
  NameFlags names;
  std::optional<std::string> entrypoint;
  std::optional<int64_t> cpu_shares, cpu_quota, cpu_period, pids_limit, stop_timeout, oom_score_adj;
  std::vector<std::string> env, env_file, volume, mount, tmpfs, publish, cap_add, cap_drop,
      security_opt, label, label_file, annotation, ulimit, device,
      sysctl, group_add, expose;
  bool tty = false, interactive = false, rm = false, privileged = false, read_only = false, init = false,
       publish_all = false, replace = false, env_host = false, detach = false;
  std::optional<bool> read_only_tmpfs;
  AccessFlags access;  // for pulling the image
  PlatformFlags platform;
  bool quiet_pull = false;
  HealthFlags health;
  std::vector<std::string> operands;  // IMAGE [COMMAND [ARG...]]

  void Declare(Arguments& arguments);
};

// What `run` and `create` hand to the engine.
struct ContainerRequest {
  pod::ContainerSpec container;
  pod::PodSpec pod;                  // of its own: for a container outside of pods
  std::vector<pod::Volume> volumes;  // for one that joins a pod (`pod` has them too)
  std::vector<std::string> warnings;  // what of the flags has no effect
};

// kInvalid and kUnsupported name the flag. `current_directory`: what relative paths mean.
common::Result<ContainerRequest> BuildContainer(const ContainerFlags& flags,
                                                const std::string& current_directory);

// Common to containers and pods.
common::Result<std::vector<pod::PortMapping>> BuildPorts(const std::vector<std::string>& publish);

}  // namespace skiff::cli
