#include "runtime/oci_linux.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/oci_devices.h"
#include "runtime/sysctl.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using common::JsonBuilder;
using common::JsonValue;
using common::MakeError;
using common::Result;

// kube-semantics.md 8: procMount Default.
const std::vector<std::string> kMaskedPaths = {
    "/proc/acpi",        "/proc/asound",        "/proc/interrupts", "/proc/kcore",
    "/proc/keys",        "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
    "/proc/sched_debug", "/proc/scsi",          "/sys/firmware",    "/sys/devices/virtual/powercap"};
const std::vector<std::string> kReadOnlyPaths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                                 "/proc/sysrq-trigger"};

constexpr std::array<std::string_view, 7> kNamespaceTypes = {"network", "ipc",    "uts", "pid",
                                                             "mount",   "cgroup", "user"};

Result<JsonValue> Namespaces(JsonBuilder& builder, const OciInput& input) {
  JsonValue list = builder.Array();
  std::vector<OciNamespace> namespaces = input.namespaces;
  const auto is_mount = [](const OciNamespace& n) { return n.type == "mount"; };
  // Without one the runtime would change the root of its caller.
  if (std::none_of(namespaces.begin(), namespaces.end(), is_mount)) namespaces.push_back({"mount", ""});
  for (const auto& wanted : namespaces) {
    if (std::find(kNamespaceTypes.begin(), kNamespaceTypes.end(), wanted.type) == kNamespaceTypes.end())
      return MakeError(ErrorCode::kInvalid, "unknown namespace type \"{}\"", wanted.type);
    JsonValue entry = builder.Object();
    builder.Set(entry, "type", wanted.type);
    if (!wanted.path.empty()) builder.Set(entry, "path", wanted.path);
    builder.Push(list, std::move(entry));
  }
  return list;
}

// What the input names wins over what the host has at the same path.
Result<std::vector<OciDevice>> Devices(const OciInput& input) {
  std::vector<OciDevice> devices = input.devices;
  if (!input.privileged) return devices;
  ASSIGN_OR_RETURN(const auto host, HostDevices());
  for (const auto& device : host) {
    const auto same = [&](const OciDevice& other) { return other.path == device.path; };
    if (std::none_of(input.devices.begin(), input.devices.end(), same)) devices.push_back(device);
  }
  return devices;
}

Result<JsonValue> DeviceNodes(JsonBuilder& builder, const std::vector<OciDevice>& devices) {
  JsonValue list = builder.Array();
  for (const auto& device : devices) {
    if (std::string_view("cbp").find(device.type) == std::string_view::npos)
      return MakeError(ErrorCode::kInvalid, "device \"{}\": unknown type '{}'", device.path, device.type);
    if (!device.path.starts_with('/'))
      return MakeError(ErrorCode::kInvalid, "device path \"{}\" is not absolute", device.path);
    JsonValue entry = builder.Object();
    builder.Set(entry, "path", device.path);
    builder.Set(entry, "type", std::string_view(&device.type, 1));
    builder.Set(entry, "major", device.major);
    builder.Set(entry, "minor", device.minor);
    builder.Set(entry, "fileMode", device.mode);
    builder.Set(entry, "uid", device.uid);
    builder.Set(entry, "gid", device.gid);
    builder.Push(list, std::move(entry));
  }
  return list;
}

// Everything is denied first; the runtime itself adds what the specification's default devices need.
JsonValue DeviceRules(JsonBuilder& builder, const OciInput& input) {
  JsonValue list = builder.Array();
  JsonValue all = builder.Object();
  builder.Set(all, "allow", input.privileged);
  builder.Set(all, "access", "rwm");
  builder.Push(list, std::move(all));
  if (input.privileged) return list;
  for (const auto& device : input.devices) {
    JsonValue rule = builder.Object();
    builder.Set(rule, "allow", true);
    builder.Set(rule, "type", std::string_view(&device.type, 1));
    builder.Set(rule, "major", device.major);
    builder.Set(rule, "minor", device.minor);
    builder.Set(rule, "access", device.access);
    builder.Push(list, std::move(rule));
  }
  return list;
}

template <typename T>
void SetIf(JsonBuilder& builder, JsonValue& object, const char* name, const std::optional<T>& value) {
  if (value) builder.Set(object, name, *value);
}

void SetUnlessEmpty(JsonBuilder& builder, JsonValue& object, const char* name, JsonValue value) {
  if (!value.ObjectEmpty()) builder.Set(object, name, std::move(value));
}

JsonValue Resources(JsonBuilder& builder, const OciInput& input) {
  const OciResources& limits = input.resources;
  JsonValue result = builder.Object();
  builder.Set(result, "devices", DeviceRules(builder, input));

  JsonValue cpu = builder.Object();
  SetIf(builder, cpu, "shares", limits.cpu_shares);
  SetIf(builder, cpu, "quota", limits.cpu_quota);
  SetIf(builder, cpu, "period", limits.cpu_period);
  if (!limits.cpuset_cpus.empty()) builder.Set(cpu, "cpus", limits.cpuset_cpus);
  SetUnlessEmpty(builder, result, "cpu", std::move(cpu));

  JsonValue memory = builder.Object();
  SetIf(builder, memory, "limit", limits.memory_limit);
  SetIf(builder, memory, "reservation", limits.memory_reservation);
  SetIf(builder, memory, "swap", limits.memory_swap);
  SetUnlessEmpty(builder, result, "memory", std::move(memory));

  JsonValue pids = builder.Object();
  SetIf(builder, pids, "limit", limits.pids_limit);
  SetUnlessEmpty(builder, result, "pids", std::move(pids));
  SetUnlessEmpty(builder, result, "unified", builder.StringMap(limits.unified));
  return result;
}

Result<JsonValue> Sysctls(JsonBuilder& builder, const OciInput& input) {
  JsonValue result = builder.Object();
  for (const auto& [name, value] : input.sysctls) {
    ASSIGN_OR_RETURN(const std::string path, SysctlPath(name));
    std::string dotted = path;
    std::replace(dotted.begin(), dotted.end(), '/', '.');
    builder.Set(result, dotted, value);
  }
  return result;
}

}  // namespace

Result<JsonValue> LinuxSection(JsonBuilder& builder, const OciInput& input) {
  JsonValue section = builder.Object();
  ASSIGN_OR_RETURN(JsonValue namespaces, Namespaces(builder, input));
  builder.Set(section, "namespaces", std::move(namespaces));
  ASSIGN_OR_RETURN(const auto devices, Devices(input));
  ASSIGN_OR_RETURN(JsonValue nodes, DeviceNodes(builder, devices));
  if (!nodes.Empty()) builder.Set(section, "devices", std::move(nodes));
  builder.Set(section, "resources", Resources(builder, input));
  if (!input.cgroups_path.empty()) builder.Set(section, "cgroupsPath", input.cgroups_path);
  ASSIGN_OR_RETURN(JsonValue sysctls, Sysctls(builder, input));
  SetUnlessEmpty(builder, section, "sysctl", std::move(sysctls));
  if (!input.rootfs_propagation.empty()) builder.Set(section, "rootfsPropagation", input.rootfs_propagation);
  if (!input.privileged && !input.unmasked_proc) {
    builder.Set(section, "maskedPaths", builder.Strings(kMaskedPaths));
    builder.Set(section, "readonlyPaths", builder.Strings(kReadOnlyPaths));
  }
  if (!input.seccomp_json.empty() && !input.privileged) {
    ASSIGN_OR_RETURN(const auto profile, common::ParseJson(input.seccomp_json, "seccomp profile"));
    builder.Set(section, "seccomp", JsonValue(profile, builder.allocator()));
  }
  return section;
}

}  // namespace skiff::runtime
