#include "pod/launch/container_mounts.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "common/file.h"
#include "common/file_lock.h"
#include "common/process.h"
#include "pod/launch/image_content.h"

namespace skiff::pod {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using Options = std::vector<std::string>;

constexpr char kInitTarget[] = "/run/podman-init";  // where images and tools know it from podman

std::string WithoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string_view PropagationOption(Propagation propagation) {
  switch (propagation) {
    case Propagation::kHostToContainer:
      return "rslave";
    case Propagation::kBidirectional:
      return "rshared";
    case Propagation::kNone:
      break;
  }
  return "rprivate";
}

class MountBuilder {
 public:
  explicit MountBuilder(const MountInput& input) : input_(input), spec_(input.container.spec) {
    for (const VolumeMount& mount : spec_.mounts) taken_.insert(WithoutTrailingSlash(mount.path));
    for (const TmpfsMount& mount : spec_.tmpfs) taken_.insert(WithoutTrailingSlash(mount.path));
  }

  Result<ContainerMounts> Build() {
    for (const VolumeMount& mount : spec_.mounts) {
      TRY(AddVolume(mount), "mount {} (volume \"{}\")", mount.path, mount.volume);
    }
    for (const TmpfsMount& mount : spec_.tmpfs) AddTmpfs(mount);
    AddPodFiles();
    AddSharedMemory();
    TRY(AddTerminationLog());
    TRY(AddImageVolumes());
    TRY(AddInit());
    return std::move(result_);
  }

 private:
  Result<> AddVolume(const VolumeMount& mount) {
    const auto source = input_.volume_sources.find(mount.volume);
    if (source == input_.volume_sources.end()) return MakeError(ErrorCode::kInvalid, "the pod has no such volume");
    const Volume& volume = *std::ranges::find(input_.pod.volumes, mount.volume, &Volume::name);
    if (mount.copy_image_content && volume.named) {
      // Containers of other pods may start at the same time and find the volume empty too.
      ASSIGN_OR_RETURN(const auto lock, common::FileLock::Acquire(source->second + "/../lock"));
      TRY(FillFromImage(input_.image.lower_dirs, mount.path, source->second));
    }
    const bool read_only = mount.read_only || volume.files || (volume.named && volume.named->read_only);
    Options options = {"rbind", std::string(PropagationOption(mount.propagation)), read_only ? "ro" : "rw"};
    if (read_only && mount.recursive_read_only) options.back() = "rro";
    options.insert(options.end(), mount.options.begin(), mount.options.end());
    ASSIGN_OR_RETURN(const std::string path, SubPathTarget(mount, source->second));
    result_.mounts.push_back({WithoutTrailingSlash(mount.path), "bind", path, std::move(options)});
    if (mount.propagation == Propagation::kBidirectional) result_.rootfs_propagation = "rshared";
    if (mount.propagation == Propagation::kHostToContainer && result_.rootfs_propagation.empty()) {
      result_.rootfs_propagation = "rslave";
    }
    return {};
  }

  Result<std::string> SubPathTarget(const VolumeMount& mount, const std::string& source) {
    if (mount.sub_path.empty()) return source;
    std::string target = input_.layout.SubPathTarget(input_.container.id, result_.sub_paths.size());
    TRY(common::MakeDirectories(target.substr(0, target.rfind('/')), 0700));
    result_.sub_paths.push_back({source, mount.sub_path, target});
    return target;
  }

  void AddTmpfs(const TmpfsMount& mount) {
    Options options = {"rprivate", "nosuid", "nodev"};
    options.insert(options.end(), mount.options.begin(), mount.options.end());
    const bool has_mode = std::ranges::any_of(mount.options, [](const auto& o) { return o.starts_with("mode="); });
    if (!has_mode) options.push_back("mode=1777");
    options.push_back("tmpcopyup");
    result_.mounts.push_back({WithoutTrailingSlash(mount.path), "tmpfs", "tmpfs", std::move(options)});
  }

  // Ours, unless the spec mounts something there.
  void AddOwn(const std::string& destination, const std::string& source, Options options) {
    if (!taken_.insert(destination).second) return;
    result_.mounts.push_back({destination, "bind", source, std::move(options)});
  }

  void AddPodFiles() {
    Options options = {"bind", "rprivate"};
    if (spec_.security.read_only_root) options.insert(options.end(), {"ro", "nosuid", "noexec", "nodev"});
    if (input_.pod.manage_hosts) AddOwn("/etc/hosts", input_.layout.Hosts(), options);
    if (input_.pod.manage_resolv_conf) AddOwn("/etc/resolv.conf", input_.layout.ResolvConf(), options);
    AddOwn("/etc/hostname", input_.layout.Hostname(), options);
    if (!input_.pod.from_kube) AddOwn("/run/.containerenv", input_.layout.ContainerMarker(), options);
  }

  void AddSharedMemory() {
    const std::string source = input_.pod.host_ipc ? "/dev/shm" : input_.layout.Shm();
    AddOwn("/dev/shm", source, {"bind", "rprivate", "nosuid", "noexec", "nodev"});
  }

  Result<> AddTerminationLog() {
    if (spec_.termination_message_path.empty()) return {};
    const std::string path = input_.layout.TerminationLog(input_.container.id);
    TRY(common::WriteFile(path, ""));
    if (::chmod(path.c_str(), 0666) != 0) return ErrnoError("chmod {}", path);
    AddOwn(WithoutTrailingSlash(spec_.termination_message_path), path, {"bind", "rprivate"});
    return {};
  }

  // What an image declares as VOLUME gets a folder that lives and dies with the container.
  Result<> AddImageVolumes() {
    const auto& volumes = input_.image.image.config.volumes;
    for (size_t i = 0; i < volumes.size(); ++i) {
      const std::string destination = WithoutTrailingSlash(volumes[i]);
      if (taken_.contains(destination)) continue;
      const std::string path = input_.layout.ImageVolume(input_.container.id, i);
      TRY(common::MakeDirectories(path));
      TRY(FillFromImage(input_.image.lower_dirs, destination, path));
      AddOwn(destination, path, {"rbind", "rprivate", "rw"});
    }
    return {};
  }

  Result<> AddInit() {
    if (!spec_.init_process) return {};
    auto program = common::FindProgram("/usr/libexec/podman/catatonit");
    if (!program) program = common::FindProgram("catatonit");
    if (!program) return MakeError(ErrorCode::kUnsupported, "--init needs catatonit: apt-get install catatonit");
    AddOwn(kInitTarget, *program, {"bind", "rprivate", "ro"});
    return {};
  }

  const MountInput& input_;
  const ContainerSpec& spec_;
  std::set<std::string> taken_;
  ContainerMounts result_;
};

}  // namespace

Result<ContainerMounts> BuildMounts(const MountInput& input) { return MountBuilder(input).Build(); }

bool SharesMounts(const ContainerSpec& spec) {
  return std::ranges::any_of(spec.mounts,
                             [](const VolumeMount& mount) { return mount.propagation == Propagation::kBidirectional; });
}

}  // namespace skiff::pod
