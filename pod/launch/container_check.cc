#include "pod/launch/container_check.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "common/clock.h"
#include "common/ids.h"
#include "pod/launch/devices.h"
#include "pod/launch/environment.h"
#include "pod/launch/resource_limits.h"
#include "pod/signal_names.h"
#include "pod/state/names.h"
#include "runtime/capabilities.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;
using common::MakeError;
using common::Result;

// kube-semantics.md 8; the texts are the kubelet's.
Result<> CheckNonRoot(const SecurityContext& security, const runtime::ResolvedUser& user, const LocalImage& image) {
  if (!security.run_as_non_root) return {};
  if (security.run_as_user) {
    if (*security.run_as_user != 0) return {};
    return MakeError(ErrorCode::kInvalid, "container's runAsUser breaks non-root policy");
  }
  if (!user.numeric) {
    return MakeError(ErrorCode::kInvalid,
                     "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root",
                     image.image.config.user);
  }
  if (user.uid == 0) return MakeError(ErrorCode::kInvalid, "container has runAsNonRoot and image will run as root");
  return {};
}

Result<> CheckMounts(const PodSpec& pod, const ContainerSpec& spec) {
  std::set<std::string> paths;
  for (const VolumeMount& mount : spec.mounts) {
    if (std::ranges::find(pod.volumes, mount.volume, &Volume::name) == pod.volumes.end()) {
      return MakeError(ErrorCode::kInvalid, "mount {}: the pod has no volume \"{}\"", mount.path, mount.volume);
    }
    if (!mount.path.starts_with('/')) return MakeError(ErrorCode::kInvalid, "mount path \"{}\" is not absolute", mount.path);
    if (!paths.insert(mount.path).second) return MakeError(ErrorCode::kInvalid, "two mounts at {}", mount.path);
  }
  for (const TmpfsMount& mount : spec.tmpfs) {
    if (!paths.insert(mount.path).second) return MakeError(ErrorCode::kInvalid, "two mounts at {}", mount.path);
  }
  return {};
}

Result<> CheckSecurity(Context& context, const ContainerSpec& spec, const LocalImage& image) {
  ASSIGN_OR_RETURN(const auto user, context.image_cache.FindUser(image, spec.security));
  TRY(CheckNonRoot(spec.security, user, image));
  TRY(runtime::ComputeCapabilities(runtime::DefaultCapabilities(true), spec.security.capabilities_add,
                                   spec.security.capabilities_drop));
  TRY(ToOciRlimits(spec.ulimits));
  if (!spec.stop_signal.empty() && !ParseSignal(spec.stop_signal)) {
    return MakeError(ErrorCode::kInvalid, "unknown stop signal \"{}\"", spec.stop_signal);
  }
  return {};
}

Result<ContainerRecord> Resolve(Context& context, const PodSpec& pod, const ContainerSpec& spec) {
  ASSIGN_OR_RETURN(const auto image, context.image_cache.Find(spec.image));
  TRY(CheckMounts(pod, spec));
  TRY(CheckSecurity(context, spec, *image));
  for (const std::string& device : spec.devices) TRY(ResolveDevice(device));
  ContainerRecord record{.id = common::NewId(),
                         .created = common::FormatTime(common::Now(), true),
                         .image_id = image->image.id,
                         .command = BuildCommand(spec, image->image.config),
                         .spec = spec};
  if (record.command.empty()) {
    return MakeError(ErrorCode::kInvalid, "no command: image {} has neither ENTRYPOINT nor CMD, and none was given",
                     spec.image);
  }
  record.image_name = spec.image;
  // The full name tells more than what was typed, unless that was an id.
  if (!image->image.names.empty() && !image->image.id.starts_with(spec.image)) {
    const auto& names = image->image.names;
    const auto same = std::ranges::find_if(
        names, [&](const std::string& name) { return name == spec.image || name.ends_with("/" + spec.image) ||
                                                     name.ends_with("/" + spec.image + ":latest"); });
    record.image_name = same == names.end() ? names.front() : *same;
  }
  return record;
}

Result<> CheckVolume(const Volume& volume) {
  const int sources = int{volume.empty_dir.has_value()} + int{volume.host_path.has_value()} +
                      int{volume.files.has_value()} + int{volume.named.has_value()};
  if (sources != 1) return MakeError(ErrorCode::kInvalid, "volume \"{}\" has {} sources instead of one", volume.name, sources);
  // Names become folders.
  if (volume.name.empty() || volume.name.find('/') != std::string::npos || volume.name.starts_with('.')) {
    return MakeError(ErrorCode::kInvalid, "\"{}\" cannot be a volume's name", volume.name);
  }
  if (volume.named && !IsValidName(volume.named->name)) {
    return MakeError(ErrorCode::kInvalid, "\"{}\" cannot be a volume's name: use letters, digits, '_', '.' and '-'",
                     volume.named->name);
  }
  return {};
}

Result<> CheckPorts(const PodSpec& pod) {
  std::set<std::tuple<Protocol, std::string, uint16_t>> published;
  const auto check = [&](const std::vector<PortMapping>& ports) -> Result<> {
    for (const PortMapping& port : ports) {
      if (port.host_port != 0 && !published.emplace(port.protocol, port.host_ip, port.host_port).second) {
        return MakeError(ErrorCode::kInvalid, "host port {}/{} is published twice", port.host_port, EnumName(port.protocol));
      }
    }
    return {};
  };
  TRY(check(pod.ports));
  for (const ContainerSpec& container : pod.containers) TRY(check(container.ports));
  return {};
}

}  // namespace

Result<ContainerRecord> ResolveContainer(Context& context, const PodSpec& pod, const ContainerSpec& spec) {
  auto record = Resolve(context, pod, spec);
  if (!record && !spec.name.empty()) return std::move(record).error().Wrap("container \"" + spec.name + "\"");
  return record;
}

ContainerRecord UnresolvedContainer(const ContainerSpec& spec) {
  ContainerRecord record{
      .id = common::NewId(), .created = common::FormatTime(common::Now(), true), .image_name = spec.image, .spec = spec};
  record.command = BuildCommand(spec, {});
  return record;
}

Result<> CheckPod(const PodSpec& pod) {
  if (!pod.implicit && !IsValidName(pod.name)) {
    return MakeError(ErrorCode::kInvalid, "\"{}\" cannot be a pod's name: use letters, digits, '_', '.' and '-'", pod.name);
  }
  std::set<std::string> names;
  for (const auto* list : {&pod.init_containers, &pod.containers}) {
    for (const ContainerSpec& container : *list) {
      if (!IsValidName(container.name)) {
        return MakeError(ErrorCode::kInvalid, "\"{}\" cannot be a container's name: use letters, digits, '_', '.' and '-'",
                         container.name);
      }
      if (!names.insert(container.name).second) {
        return MakeError(ErrorCode::kInvalid, "two containers are called \"{}\"", container.name);
      }
    }
  }
  std::set<std::string> volumes;
  for (const Volume& volume : pod.volumes) {
    TRY(CheckVolume(volume));
    if (!volumes.insert(volume.name).second) {
      return MakeError(ErrorCode::kInvalid, "two volumes are called \"{}\"", volume.name);
    }
  }
  return CheckPorts(pod);
}

}  // namespace skiff::pod
