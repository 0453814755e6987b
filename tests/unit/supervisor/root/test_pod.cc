#include "tests/unit/supervisor/root/test_pod.h"

#include <thread>

#include "common/file.h"
#include "common/process.h"
#include "pod/supervisor/pod_lock.h"
#include "pod/supervisor/protocol.h"
#include "runtime/cgroup.h"
#include "runtime/oci_config.h"

namespace skiff::supervisor {

using common::Result;

namespace {

constexpr char kLayer[] = "/var/lib/skiff/test-layer";

void MakeLayer() {
  if (common::PathExists(kLayer)) return;
  const std::string layer = kLayer;
  for (const char* directory : {"/bin", "/proc", "/sys", "/dev", "/etc", "/tmp"})
    ASSERT_OK(common::MakeDirectories(layer + directory));
  common::Command copy;
  copy.argv = {"sh", "-c", fmt::format("cp /bin/busybox {0}/bin/ && /bin/busybox --install -s {0}/bin && "
                                       "for l in {0}/bin/*; do [ -L $l ] && ln -sf busybox $l; done", layer)};
  const auto copied = common::Run(std::move(copy));
  ASSERT_TRUE(copied && copied->status.code <= 1) << (copied ? copied->err : copied.error().message());
}

std::string Config(const PodPlan& pod, const ContainerPlan& container, const std::string& script) {
  runtime::OciInput input;
  input.args = {"/bin/sh", "-c", script};
  input.env = {"PATH=/bin"};
  input.terminal = container.tty;
  input.root_path = container.rootfs;
  for (const char* type : {"ipc", "uts", "network"})
    input.namespaces.push_back({type, fmt::format("{}/{}/{}", pod.run_dir, kNamespaces,
                                                  type == std::string("network") ? "net" : type)});
  input.namespaces.push_back({"pid", pod.infra.pid ? fmt::format("{}/{}/pid", pod.run_dir, kNamespaces) : ""});
  input.namespaces.push_back({"mount", ""});
  input.capabilities = {"CAP_CHOWN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID"};
  input.cgroups_path = container.cgroup;
  input.resources.memory_limit = 64 << 20;
  for (const auto& sub_path : container.sub_paths)
    input.mounts.push_back({"/sub", "bind", sub_path.target, {"rbind", "rprivate"}});
  return runtime::WriteOciConfig(input).value();
}

}  // namespace

bool WaitUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

TestPod::TestPod(const std::string& id) {
  MakeLayer();
  plan_.id = id;
  plan_.name = id;
  plan_.kube_namespace = "default";
  plan_.uid = "uid-" + id;
  plan_.run_dir = "/run/skiff/pods/" + id;
  plan_.state_dir = "/var/lib/skiff/pods/" + id;
  plan_.runtime = "crun";
  plan_.runtime_root = "/run/skiff/runtime";
  plan_.cgroup_root = "/sys/fs/cgroup";
  plan_.cgroup = "/skiff/pod-" + id;
  plan_.reaper_program = SKIFF_PROGRAMS "/skiff-reaper";
  plan_.supervisor_program = SKIFF_PROGRAMS "/skiff-supervisor";
  plan_.supervisor_cgroup = "/skiff/supervisor-" + id;
  plan_.infra = {.hostname = id, .net = true, .ipc = true, .uts = true, .cgroup = plan_.cgroup + "/infra",
                 .pause_program = SKIFF_PROGRAMS "/skiff-pause"};
  plan_.wait_for_network = true;
  plan_.shm_dir = plan_.run_dir + "/shm";
  EXPECT_TRUE(common::MakeDirectories(plan_.run_dir));
  EXPECT_TRUE(common::MakeDirectories(plan_.state_dir));
}

TestPod::~TestPod() {
  (void)Stop(0);
  EXPECT_TRUE(common::RemoveTree(plan_.run_dir));
  EXPECT_TRUE(common::RemoveTree(plan_.state_dir));
}

ContainerPlan TestPod::MakeContainer(const std::string& name, const std::string& script) {
  ContainerPlan container;
  container.id = plan_.id + "-" + name;
  container.name = name;
  container.bundle = plan_.run_dir + "/bundles/" + name;
  container.rootfs = plan_.run_dir + "/roots/" + name;
  container.lower_dirs = {kLayer};
  container.writable_dir = plan_.state_dir + "/layers/" + name;
  container.log_dir = plan_.state_dir + "/logs/" + name;
  container.restart = "Never";
  container.grace_ms = 1000;
  container.cgroup = plan_.cgroup + "/" + container.id;
  EXPECT_TRUE(common::MakeDirectories(container.bundle));
  // Kept until the plan is final: whether it has a terminal decides about config.json.
  EXPECT_TRUE(common::WriteFile(container.bundle + "/script", script));
  EXPECT_TRUE(common::WriteFile(container.bundle + "/config.json", Config(plan_, container, script)));
  return container;
}

ContainerPlan& TestPod::AddContainer(const std::string& name, const std::string& script, const std::string& restart) {
  ContainerPlan container = MakeContainer(name, script);
  container.restart = restart;
  plan_.containers.push_back(std::move(container));
  return plan_.containers.back();
}

Result<LaunchEvent> TestPod::Start() {
  for (const auto& container : plan_.containers) {
    ASSIGN_OR_RETURN(const std::string script, common::ReadFile(container.bundle + "/script"));
    TRY(common::WriteFile(container.bundle + "/config.json", Config(plan_, container, script)));
  }
  TRY(common::WriteFile(plan_.run_dir + "/plan.json", common::EncodeJson(plan_)));
  ASSIGN_OR_RETURN(const common::FileLock lock, TakePodLock(plan_.run_dir));
  ASSIGN_OR_RETURN(launcher_, Launcher::Start({.reaper_program = plan_.reaper_program, .run_dir = plan_.run_dir, .kept = {}}, lock));
  while (true) {
    ASSIGN_OR_RETURN(const LaunchEvent event, launcher_->ReadEvent(kPatience));
    if (event.event != "infra-ready") return event;
    common::Command loopback;  // probes go over it
    loopback.argv = {"nsenter", "-t", std::to_string(event.pid), "-n", "ip", "link", "set", "lo", "up"};
    TRY(common::Run(std::move(loopback)));
    TRY(launcher_->SendNetworkReady());
  }
}

Result<> TestPod::Adopt() {
  ASSIGN_OR_RETURN(const common::FileLock lock, TakePodLock(plan_.run_dir));
  ASSIGN_OR_RETURN(auto launcher, Launcher::Start({.reaper_program = plan_.reaper_program, .run_dir = plan_.run_dir,
                                                   .adopt = true, .kept = {}}, lock));
  ASSIGN_OR_RETURN(const LaunchEvent event, launcher.ReadEvent(kPatience));
  return event.event == "adopted" ? Result<>() : LaunchError(event);
}

Result<> TestPod::Stop(std::optional<int64_t> grace_ms) {
  ASSIGN_OR_RETURN(const bool alive, PodIsAlive(plan_.run_dir));
  if (!alive) return {};
  TRY(Ask("stop", "", [&](ControlRequest& request) { request.grace_ms = grace_ms; }));
  return WaitForPodEnd(plan_.run_dir, kPatience);
}

Result<ControlReply> TestPod::Ask(const std::string& op, const std::string& container,
                                  const std::function<void(ControlRequest&)>& adjust) {
  ASSIGN_OR_RETURN(ControlClient client, ControlClient::Connect(plan_.run_dir));
  ControlRequest request;
  request.op = op;
  if (!container.empty()) request.container = plan_.id + "-" + container;
  if (adjust) adjust(request);
  return client.Call(request);
}

PodStatus TestPod::Status() const {
  const auto text = common::ReadFile(plan_.run_dir + "/status.json");
  if (!text) return {};
  return common::DecodeJson<PodStatus>(*text, "status.json").value_or(PodStatus());
}

ContainerStatus TestPod::StatusOf(const std::string& name) const {
  for (const auto& container : Status().containers)
    if (container.name == name) return container;
  return {};
}

bool TestPod::WaitFor(const std::function<bool(const PodStatus&)>& condition) const {
  return WaitUntil([&] { return condition(Status()); });
}

bool TestPod::WaitForState(const std::string& name, const std::string& state) const {
  return WaitUntil([&] { return StatusOf(name).state == state; });
}

bool TestPod::WaitForFile(const std::string& name, const std::string& path) const {
  for (const ContainerPlan& container : plan_.containers) {
    if (container.name != name) continue;
    return WaitUntil([&] { return common::PathExists(container.writable_dir + "/upper" + path); });
  }
  return false;
}

std::string TestPod::Log(const std::string& name, int number) const {
  const std::string directory = plan_.state_dir + "/logs/" + name;
  const std::string current = fmt::format("{}.log", number);
  std::string text;
  for (const auto& file : common::ListDirectory(directory).value_or(std::vector<std::string>()))
    if (file.rfind(current + ".", 0) == 0) text += common::ReadFile(directory + "/" + file).value_or("");
  text += common::ReadFile(directory + "/" + current).value_or("");
  std::string result;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const size_t tag = line.find(' ', line.find(' ') + 1) + 1;
    result += line.substr(std::min(tag + 2, line.size()));
    if (line[tag] == 'F') result += '\n';
    begin = end + 1;
  }
  return result;
}

std::vector<pid_t> TestPod::ProcessesOf(const std::string& program) const {
  std::vector<pid_t> pids;
  for (const auto& name : common::ListDirectory("/proc").value_or(std::vector<std::string>())) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string line = common::ReadFile("/proc/" + name + "/cmdline").value_or("");
    const std::string wanted = std::string(SKIFF_PROGRAMS "/") + program + '\0' + plan_.run_dir + '\0';
    if (line.rfind(wanted, 0) == 0) pids.push_back(std::stoi(name));
  }
  return pids;
}

std::string TestPod::Leftovers() const {
  std::string found;
  WaitUntil([&] { return (found = WhatIsThere()).empty(); });
  return found;
}

std::string TestPod::WhatIsThere() const {
  std::string found;
  for (const char* program : {"skiff-reaper", "skiff-supervisor"})
    for (const pid_t pid : ProcessesOf(program)) found += fmt::format("{} {}; ", program, pid);
  const auto cgroups = runtime::Cgroups::Detect();
  for (const auto& path : {plan_.cgroup, plan_.supervisor_cgroup}) {
    for (const pid_t pid : cgroups->Processes(path).value_or(std::vector<pid_t>()))
      found += fmt::format("process {} in {}; ", pid, path);
    for (const auto& controller : common::ListDirectory(plan_.cgroup_root).value_or(std::vector<std::string>()))
      if (common::PathExists(plan_.cgroup_root + "/" + controller + path)) found += "cgroup " + controller + path + "; ";
  }
  if (common::ReadFile("/proc/self/mountinfo").value_or("").find(plan_.id) != std::string::npos) found += "a mount; ";
  for (const auto& container : plan_.containers)
    if (common::PathExists(plan_.runtime_root + "/" + container.id)) found += "runtime state of " + container.id + "; ";
  return found;
}

}  // namespace skiff::supervisor
